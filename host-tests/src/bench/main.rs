//! Measures the built module and writes BENCHMARKS.md; `--check` compares with the file instead and fails where a figure is missed.
//!
//! Counted are instructions, not seconds, so that the same module gives the same file on every machine.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement that cannot be made is no measurement"
)]

mod floor;
mod scenario;
mod text;

use std::io::Write as _;
use std::process::ExitCode;

use host_tests::engine::root;
use host_tests::metered::Metered;
use host_tests::serving::SECTION;

use self::scenario::Measured;
use self::text::Figure;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let checks = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["--check"] => true,
        other => return complain(&[format!("expected no argument or --check, found `{}`", other.join(" "))]),
    };
    let path = root().join("dist/policy.wasm");
    let module = Metered::load(&path);
    let size = std::fs::metadata(&path).expect("it was just read").len();
    let measured: Vec<Measured> = scenario::all().into_iter().map(|scenario| measure(&module, &scenario)).collect();
    let floor = floor::measure();
    let figures = text::figures(&measured, size);
    let text = text::render(&measured, &figures, &floor, size);
    let file = root().join("BENCHMARKS.md");
    let missed = figures.iter().filter(|figure| !figure.is_reached()).map(Figure::complaint);
    if checks {
        let on_disk = std::fs::read_to_string(&file).unwrap_or_default();
        let complaints: Vec<String> = missed.chain(text::differences(&on_disk, &measured)).collect();
        return complain(&complaints);
    }
    // What `sweep` measured stays.
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let served = before.split_once(SECTION).map_or_else(String::new, |(_, served)| format!("\n{SECTION}{served}"));
    std::fs::write(&file, text + &served).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    complain(&missed.collect::<Vec<_>>())
}

fn measure(module: &Metered, scenario: &scenario::Scenario) -> Measured {
    let measured = scenario.measure(module);
    say(&format!("{}: fuel {}, memory {} KiB", measured.name, measured.report.fuel, measured.report.memory / 1024));
    measured
}

fn complain(complaints: &[String]) -> ExitCode {
    complaints.iter().for_each(|complaint| say(complaint));
    if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
