//! What each log tells of, second by second → which of it is one answer that both tell of.

/// Seconds between a request's coming and its answer: webhooks may take thirty (`timeoutSeconds`).
const SECONDS: i64 = 30;
/// Seconds by which the clocks of API server and policy server may differ.
pub(super) const SKEW: i64 = 5;

/// How often each log tells of one kind of answer to an object in one second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// What has to be the same of both logs' answers, and the object.
    pub(super) of: (usize, u64),
    pub(super) shape: usize,
    /// Of an audit log the earliest in which the answer can have been given.
    pub(super) second: i64,
    pub(super) server: u32,
    pub(super) audit: u32,
}

/// Hands over requests of the audit log, each with the shape of the policy server's answer to it and how many there are; what is left is
/// told of by one log alone. What is told comes in the order of `of` and of `second`, the audit log's first.
pub(super) fn pair(
    told: impl IntoIterator<Item = Told>,
    may_be_one: impl Fn(usize, usize) -> bool,
    mut take: impl FnMut(Told, usize, u32),
) -> Vec<Told> {
    let mut rest = Vec::new();
    // Requests whose answer has not been seen yet, the earliest first.
    let mut open: Vec<Told> = Vec::new();
    for mut told in told {
        let is_open = |asked: &Told| asked.of == told.of && told.second.saturating_sub(asked.second) <= SECONDS + SKEW;
        let (still, gone): (Vec<Told>, Vec<Told>) = open.into_iter().partition(is_open);
        open = still;
        rest.extend(gone);
        if told.audit > 0 {
            open.push(Told { server: 0, ..told });
        }
        for asked in open.iter_mut().filter(|asked| may_be_one(asked.shape, told.shape)) {
            let both = told.server.min(asked.audit);
            if both > 0 {
                asked.audit = asked.audit.saturating_sub(both);
                told.server = told.server.saturating_sub(both);
                take(*asked, told.shape, both);
            }
        }
        open.retain(|asked| asked.audit > 0);
        if told.server > 0 {
            rest.push(Told { audit: 0, ..told });
        }
    }
    rest.extend(open);
    rest
}
