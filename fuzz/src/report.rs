//! Bytes → scanner report and VEX document, in whatever format they show, with every guard off; and the findings document of both.

use policy::findings::packed;
use policy::image::Digest;
use reports::document::{self, Target};
use reports::{Leniency, vex};

use crate::now;

const ALL: Leniency = Leniency { any_subject: true, unclear_claim: true };

/// A report that is read makes a findings document that can be packed, before and after a VEX document of the same bytes is applied.
pub fn run(data: &[u8]) {
    let statements = vex::read(data, Some("fuzzed")).ok();
    let Ok(mut report) = reports::read_with(data, None, ALL) else { return };
    hold(&report);
    vex::apply(&mut report, statements.as_slice());
    hold(&report);
}

fn hold(report: &reports::Report) {
    let digest = Digest::parse(&format!("sha256:{}", "0".repeat(64))).expect("a digest");
    let (document, _) =
        document::make(&Target::image(digest, None, report), Some(now())).expect("a report that is read is one that can be kept");
    packed::pack(&document).expect("what was made can be packed");
}
