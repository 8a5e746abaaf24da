//! Documents → whose configuration they are, and the objects that are of each format.

use crate::Refusal;
use crate::draft::Draft;
use crate::format::{Format, READERS, Reader};
use crate::parse::Parsed;
use crate::source::At;

/// A format, and what it was recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Which.
    pub format: Format,
    /// The members that say so, to be printed.
    pub reason: String,
}

/// The objects of one format.
pub(crate) struct Group<'a> {
    pub(crate) reader: &'static Reader,
    pub(crate) recognised: Recognised,
    pub(crate) objects: Vec<At<'a>>,
}

/// The objects by their format, those of the gate first; what is of none is lost.
pub(crate) fn recognise<'a>(files: &'a [Parsed], draft: &mut Draft) -> Result<Vec<Group<'a>>, Box<Refusal>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for object in files.iter().map(Parsed::objects).collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        let found = READERS.iter().find_map(|reader| (reader.recognise)(&object).map(|reason| (reader, reason)));
        let Some((reader, reason)) = found else {
            draft.lose_as(object.place().to_owned(), describe(&object), "this document is of no format that is known");
            continue;
        };
        if let Some(gate) =
            groups.iter().find(|group| group.reader.is_gate && reader.is_gate && group.reader.format != reader.format)
        {
            return Err(Box::new(Refusal {
                place: object.place().to_owned(),
                expected: format!("{} as before", gate.reader.title),
                found: reader.title.to_owned(),
                hint: Some("import each gate's configuration by itself".to_owned()),
            }));
        }
        match groups.iter_mut().find(|group| group.reader.format == reader.format) {
            Some(group) => group.objects.push(object),
            None => {
                let recognised = Recognised { format: reader.format, reason };
                groups.push(Group { reader, recognised, objects: vec![object] });
            }
        }
    }
    groups.sort_by_key(|group| !group.reader.is_gate);
    Ok(groups)
}

/// Nothing is of a format that is known.
pub(crate) fn nothing(files: &[Parsed]) -> Box<Refusal> {
    let first = files.iter().find_map(|file| file.objects().ok()?.into_iter().next().map(|object| describe(&object)));
    let titles: Vec<&str> = READERS.iter().map(|reader| reader.title).collect();
    Box::new(Refusal {
        place: String::new(),
        expected: format!("one of {}", titles.join(", ")),
        found: first.unwrap_or_else(|| "none".to_owned()),
        hint: None,
    })
}

/// What an object says it is, or its members.
fn describe(at: &At<'_>) -> String {
    let said = |key: &str| at.get(key).map(|member| format!("{key}: {}", member.written()));
    let said: Vec<String> = ["apiVersion", "kind"].into_iter().filter_map(said).collect();
    if said.is_empty() { at.written() } else { said.join(", ") }
}
