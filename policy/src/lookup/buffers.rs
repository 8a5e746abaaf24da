//! Where the bytes of host answers stay while evidence borrows from them.

use std::cell::OnceCell;

/// A growing list of byte buffers that never move.
#[derive(Debug, Default)]
pub struct Buffers {
    bytes: OnceCell<Vec<u8>>,
    next: OnceCell<Box<Buffers>>,
}

impl Buffers {
    /// Keeps the bytes as long as the list lives.
    pub fn keep(&self, bytes: Vec<u8>) -> &[u8] {
        let mut place = self;
        while place.bytes.get().is_some() {
            place = place.next.get_or_init(Box::default);
        }
        place.bytes.get_or_init(|| bytes)
    }

    /// How many bytes are kept.
    pub fn bytes(&self) -> usize {
        let mut sum = 0_usize;
        let mut place = Some(self);
        while let Some(buffers) = place {
            sum = sum.saturating_add(buffers.bytes.get().map_or(0, Vec::len));
            place = buffers.next.get().map(AsRef::as_ref);
        }
        sum
    }

    /// Keeps a text.
    pub fn keep_text(&self, text: String) -> &str {
        std::str::from_utf8(self.keep(text.into_bytes())).unwrap_or_default()
    }
}

impl Drop for Buffers {
    /// Without recursion: a list of thousands must not exhaust the stack.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut buffers) = next {
            next = buffers.next.take();
        }
    }
}
