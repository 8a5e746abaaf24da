//! `gatectl findings diff`: what changed between two images, two reports, or one of each.

use clap::Args;
use policy::findings::Severity;
use serde_json::{Value, json};

use super::difference::Difference;
use super::gate::GateOptions;
use super::side::{Known, Side};
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::{Colour, Format, Output};
use crate::table;

/// Version of the JSON that `--format json` writes.
const SCHEMA_VERSION: u32 = 1;

/// Shows what changed from one image or report to another: vulnerabilities that came, went, changed their severity or became fixable
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gatectl findings diff ghcr.io/acme/web:1.4 ghcr.io/acme/web:1.5
  gatectl findings diff before.json after.json --severity high
  trivy image --format json web:dev | gatectl findings diff ghcr.io/acme/web:1.4 -
  gatectl findings diff ghcr.io/acme/web:1.4 ghcr.io/acme/web:1.5 --platform linux/arm64 --format json

A file that is there is read as a scanner's report (in any format that gatectl attach reads) or as a findings document; everything
else is an image, whose findings are looked up as gatectl findings does. Under --key, and the `trust` of --settings, findings that
nobody trusted signed are not compared. Vulnerabilities are the same where they share an id or alias. Of an index all platforms are
compared together, each vulnerability at its worst, and a platform without findings is an error.

The JSON document has schemaVersion (1), worse, severity, before and after (name, scanner), and the lists added, removed,
severityChanged and newlyFixable.

Exit codes: 0 nothing is worse, 2 a vulnerability at or above --severity came or rose to it, 1 one side could not be read,
3 the settings are refused. An unknown severity counts as medium.")]
pub(super) struct Diff {
    /// The earlier image, report or findings document; `-` for stdin
    #[arg(value_name = "A")]
    earlier: String,
    /// The later one
    #[arg(value_name = "B")]
    later: String,
    /// From which severity on it matters what came [default: any]
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    severity: Option<Severity>,
    /// The platform of indexes that is compared, such as linux/arm64 [default: all of them]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    gate: GateOptions,
}

/// Unknown is no step of the scale.
fn severity(word: &str) -> Result<Severity, String> {
    let scale = || Severity::ALL.iter().rev().filter(|severity| **severity != Severity::Unknown);
    scale()
        .find(|severity| severity.word() == word)
        .copied()
        .ok_or_else(|| format!("expected one of {}", scale().map(|severity| severity.word()).collect::<Vec<_>>().join(", ")))
}

impl Diff {
    pub(super) fn run(self, output: &mut Output<'_>) -> Outcome {
        if self.earlier == "-" && self.later == "-" {
            return Err(Failure::new("expected at most one `-`: stdin is read once"));
        }
        let gate = match self.gate.gate()? {
            Ok(gate) => gate,
            Err(refused) => return refused.write(output, self.format),
        };
        let earlier = Side::read(&self.earlier, self.platform.as_deref(), &gate, output)?;
        let later = Side::read(&self.later, self.platform.as_deref(), &gate, output)?;
        let difference = Difference::new(&earlier, &later);
        let is_worse = difference.is_worse(self.severity.unwrap_or(Severity::Unknown));
        match self.format {
            Format::Json => output.json(&json!({
                "schemaVersion": SCHEMA_VERSION,
                "worse": is_worse,
                "severity": self.severity.map(Severity::word),
                "before": { "name": earlier.name, "scanner": earlier.scanner },
                "after": { "name": later.name, "scanner": later.scanner },
                "added": difference.added.iter().map(|known| value(known)).collect::<Vec<_>>(),
                "removed": difference.removed.iter().map(|known| value(known)).collect::<Vec<_>>(),
                "severityChanged": difference.changed.iter().map(|(before, known)| changed(*before, known)).collect::<Vec<_>>(),
                "newlyFixable": difference.fixable.iter().map(|known| value(known)).collect::<Vec<_>>(),
            }))?,
            Format::Table => write(output, &difference)?,
        }
        if earlier.scanner != later.scanner {
            output.note(format_args!(
                "`{}` looked at the one, `{}` at the other: what differs may be between them",
                earlier.scanner, later.scanner
            ))?;
        }
        gate.finish(output)?;
        Ok(if is_worse { ExitCode::Worse } else { ExitCode::Admitted })
    }
}

fn value(known: &Known) -> Value {
    json!({ "id": known.id, "severity": known.severity.word(), "packages": known.packages, "fixable": known.is_fixable, "fixed": known.fixed })
}

fn changed(before: Severity, known: &Known) -> Value {
    let mut value = value(known);
    if let Some(members) = value.as_object_mut() {
        members.insert("severityBefore".to_owned(), json!(before.word()));
    }
    value
}

fn write(output: &mut Output<'_>, difference: &Difference<'_>) -> Result<(), Failure> {
    let mut rows: Vec<Vec<String>> =
        vec![["CHANGE", "VULNERABILITY", "SEVERITY", "PACKAGES", "FIXED"].map(str::to_owned).to_vec()];
    let mut colours = vec![Some(Colour::Heading)];
    let mut add = |change: &str, known: &Known, severity: String, colour| {
        let join = |texts: &std::collections::BTreeSet<String>| texts.iter().cloned().collect::<Vec<_>>().join(", ");
        rows.push(vec![change.to_owned(), known.id.clone(), severity, join(&known.packages), join(&known.fixed)]);
        colours.push(colour);
    };
    let word = |known: &Known| known.severity.word().to_owned();
    difference.added.iter().for_each(|known| add("added", known, word(known), Some(Colour::Bad)));
    for (before, known) in &difference.changed {
        add("severity", known, format!("{} → {}", before.word(), known.severity.word()), Some(Colour::Doubtful));
    }
    difference.fixable.iter().for_each(|known| add("fixable now", known, word(known), None));
    difference.removed.iter().for_each(|known| add("removed", known, word(known), Some(Colour::Good)));
    if let Some(width) = output.width() {
        table::fit(&mut rows, width, &[3, 4]);
    }
    if rows.len() > 1 {
        let mut lines = Vec::new();
        table::write(&mut lines, &rows, |_| false)?;
        for (line, colour) in String::from_utf8_lossy(&lines).lines().zip(colours) {
            writeln!(output.results, "{}", colour.map_or(line.to_owned(), |colour| output.paint(colour, line)))?;
        }
        writeln!(output.results)?;
    }
    let Difference { added, removed, changed, fixable } = difference;
    let (added, removed, changed, fixable) = (added.len(), removed.len(), changed.len(), fixable.len());
    writeln!(output.results, "{added} added, {removed} removed, {changed} with another severity, {fixable} newly fixable")?;
    Ok(())
}
