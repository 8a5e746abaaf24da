//! Bytes → scanner report, VEX document, EPSS list and KEV catalogue, in whatever format they show, with every guard off; and the findings
//! document of a report, alone, merged with itself, and with the others held against it.

use policy::findings::packed;
use policy::image::Digest;
use reports::document::{self, Target};
use reports::enrich::{epss, kev};
use reports::merge::merge;
use reports::{Leniency, vex};

use crate::now;

const ALL: Leniency = Leniency { any_subject: true, unclear_claim: true };

/// A report that is read makes a findings document that can be packed, before and after what else the same bytes are is applied.
pub fn run(data: &[u8]) {
    let statements = vex::read(data, Some("fuzzed")).ok();
    let catalogue = kev::read(data).ok();
    let read = reports::read_with(data, None, ALL);
    let scores = epss::read(data, &epss::asked(read.as_ref().ok())).ok();
    let Ok(mut report) = read else { return };
    hold(&report);
    if let Some(twice) = merge(vec![report.clone(), report.clone()], Some(now())) {
        hold(&twice);
    }
    vex::apply(&mut report, statements.as_slice());
    scores.iter().for_each(|scores| scores.apply(&mut report));
    catalogue.iter().for_each(|catalogue| catalogue.apply(&mut report));
    hold(&report);
}

fn hold(report: &reports::Report) {
    let digest = Digest::parse(&format!("sha256:{}", "0".repeat(64))).expect("a digest");
    let (document, _) =
        document::make(&Target::image(digest, None, report), Some(now())).expect("a report that is read is one that can be kept");
    packed::pack(&document).expect("what was made can be packed");
}
