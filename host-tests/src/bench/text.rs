//! Measurements → BENCHMARKS.md, and back where the two are compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use host_tests::metered::Report;

use super::scenario::{
    BY_DIGEST, BY_TAG, DENIED_1_000, DENIED_20_000, DENIED_300, Measured, NOT_A_WORKLOAD, OUT_OF_SCOPE, REPEATED,
};

/// How far fuel may be from that of the file, in percent: another version of the compiler makes other instructions.
const TOLERANCE: u64 = 2;

/// Something to reach.
pub(crate) struct Figure {
    what: &'static str,
    /// Hundredths, so that a ratio is a whole number too.
    most: u64,
    measured: u64,
    unit: Unit,
}

#[derive(Clone, Copy)]
enum Unit {
    Kibibytes,
    Mebibytes,
    Calls,
    Ratio,
}

impl Figure {
    pub(crate) fn is_reached(&self) -> bool {
        self.measured <= self.most
    }

    pub(crate) fn complaint(&self) -> String {
        format!("{}: expected at most {}, found {}", self.what, self.written(self.most), self.written(self.measured))
    }

    fn written(&self, hundredths: u64) -> String {
        let (whole, part) = (hundredths / 100, hundredths % 100 / 10);
        match self.unit {
            Unit::Kibibytes => format!("{whole} KiB"),
            Unit::Mebibytes => format!("{whole}.{part} MiB"),
            Unit::Ratio => format!("{whole}.{part} ×"),
            Unit::Calls => format!("{whole}"),
        }
    }
}

/// The figures that the module has to reach.
pub(crate) fn figures(measured: &[Measured], size: u64) -> Vec<Figure> {
    let of = |name: &str| &measured.iter().find(|measured| measured.name == name).expect("a scenario of that name").report;
    let calls = |what, most: u64, name| Figure {
        what,
        most: most * 100,
        measured: u64::try_from(of(name).host_calls.len()).expect("few") * 100,
        unit: Unit::Calls,
    };
    let memory = u64::try_from(of(DENIED_20_000).memory).expect("32 bits");
    vec![
        Figure {
            what: "module, stripped and optimised",
            most: 70_000,
            measured: (size * 100).div_ceil(1024),
            unit: Unit::Kibibytes,
        },
        Figure {
            what: "guest memory at 20 000 vulnerabilities",
            most: 6400,
            measured: (memory * 100).div_ceil(1024 * 1024),
            unit: Unit::Mebibytes,
        },
        Figure {
            what: "growth: fuel at 20 000 vulnerabilities ÷ fuel at 1 000",
            most: 2500,
            measured: (of(DENIED_20_000).fuel * 100).div_ceil(of(DENIED_1_000).fuel),
            unit: Unit::Ratio,
        },
        calls("host calls for an object that is no workload", 0, NOT_A_WORKLOAD),
        calls("host calls for a workload out of scope", 0, OUT_OF_SCOPE),
        calls("host calls for an image admitted by digest", 1, BY_DIGEST),
        calls("host calls for an image admitted by tag", 2, BY_TAG),
        calls("host calls for 20 containers of one image", 1, REPEATED),
        calls("host calls for an image whose document is needed", 2, DENIED_300),
    ]
}

/// The whole file.
pub(crate) fn render(measured: &[Measured], figures: &[Figure], floor: &Report, size: u64) -> String {
    let mut text = String::from(INTRODUCTION);
    text.push_str("\n## Figures to reach\n\n| what | at most | measured | reached |\n|---|---:|---:|---|\n");
    for figure in figures {
        let reached = if figure.is_reached() { "yes" } else { "**no**" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {reached} |",
            figure.what,
            figure.written(figure.most),
            figure.written(figure.measured)
        );
    }
    let start = measured.first().map_or(0, |measured| measured.report.start_fuel);
    let _ = write!(
        text,
        "\n## What a call costs\n\nEvery call is made on an instance of its own. To start one takes {} fuel more, whatever follows. The module \
         has {} bytes.\n\n| what | fuel | host calls | log events | guest memory, KiB | bytes in | bytes out |\n|---|---:|---:|---:|---:|---:|---:|\n",
        spaced(start),
        spaced(size)
    );
    for Measured { name, report, bytes } in measured {
        let numbers = [report.host_calls.len(), report.log_events, report.memory / 1024, bytes.0, bytes.1];
        let numbers: Vec<String> = numbers.iter().map(|number| spaced(u64::try_from(*number).expect("64 bits"))).collect();
        let _ = writeln!(text, "| {name} | {} | {} |", spaced(report.fuel), numbers.join(" | "));
    }
    text.push_str(FLOOR);
    let whole = |report: &Report| report.start_fuel + report.fuel;
    let of = |name: &str| measured.iter().find(|measured| measured.name == name).map_or(0, |measured| whole(&measured.report));
    for (name, fuel) in
        [("a guest that accepts everything", whole(floor)), (BY_DIGEST, of(BY_DIGEST)), (DENIED_300, of(DENIED_300))]
    {
        let _ = writeln!(text, "| {name} | {} |", spaced(fuel));
    }
    text
}

const INTRODUCTION: &str = "\
# Benchmarks

Written by `./just bench`; `./just bench --check` holds the module against it. Nothing here is typed by hand.

*Fuel* is what the WebAssembly engine counts while it runs the module: one for nearly every instruction of the virtual machine, and one for
every byte that an instruction copies or fills; the same on every computer. Many of these instructions cost a processor nothing: read it as
a measure of growth and of change, not of time. What the host does for a call is not in it: the policy server reads the registry, and
keeps an answer for a minute. Documents, requests and settings are those of `host-tests/src/metered/sample.rs`: three rules, two
exemptions, a Deployment as a cluster stores it, findings of a Debian image, one to three packages for each vulnerability.
";

const FLOOR: &str = "
## Beside a guest that does nothing

The least that any policy costs its server: a hand-written guest of a few instructions that takes the request and answers
`{\"accepted\":true}`, without a standard library and without reading what it was given. Start and call together.

| what | fuel |
|---|---:|
";

/// Every row whose fuel is not that of the file, by more than a compiler's version explains.
pub(crate) fn differences(on_disk: &str, measured: &[Measured]) -> Vec<String> {
    let rows = rows(on_disk);
    let mut differences = Vec::new();
    for Measured { name, report, .. } in measured {
        match rows.get(name.as_str()) {
            None => differences.push(format!("BENCHMARKS.md: no row `{name}`; run ./just bench")),
            Some(fuel) if fuel.abs_diff(report.fuel) * 100 > fuel * TOLERANCE => differences.push(format!(
                "BENCHMARKS.md: `{name}`: expected {} fuel within {TOLERANCE} %, found {}; run ./just bench",
                spaced(*fuel),
                spaced(report.fuel)
            )),
            Some(_) => {}
        }
    }
    let known = |name: &&str| measured.iter().any(|measured| measured.name == **name);
    let stale = rows.keys().filter(|name| !known(name));
    differences.extend(stale.map(|name| format!("BENCHMARKS.md: the row `{name}` is measured no more; run ./just bench")));
    differences
}

/// The fuel of each row of the table of calls: the only one with seven columns.
fn rows(text: &str) -> BTreeMap<&str, u64> {
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<(&str, u64)> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let fuel = cells.get(1)?.replace(' ', "").parse().ok()?;
    (cells.len() == 7).then_some((cells[0], fuel))
}

/// `1 234 567`.
fn spaced(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
