//! `gatectl findings`: what the gate would see of an image, and what changed between two of them.

mod chart;
mod diff;
mod difference;
mod gate;
mod html;
mod seen;
mod side;
mod table;
mod worst;

use clap::{Args, Subcommand, ValueEnum};
use policy::lookup::buffers::Buffers;
use serde_json::Value;

use self::gate::GateOptions;
use self::seen::Seen;
use crate::exit::{ExitCode, Failure, Outcome};
use crate::output::{self, Output};

/// Vulnerabilities that a table shows where nothing else is asked for.
const TOP: usize = 20;

/// Shows what the gate would see of an image: which findings, of whom, how old, and the worst of them
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    after_help = "Examples:
  gatectl findings ghcr.io/acme/web:1.4
  gatectl findings ghcr.io/acme/web:1.4 --settings settings.yaml --top 5
  gatectl findings ghcr.io/acme/web@sha256:… --key cosign.pub
  gatectl findings ghcr.io/acme/web:1.4 --settings settings.yaml --cluster --namespace prod-shop
  gatectl findings ghcr.io/acme/web:1.4 --format html > web.html
  gatectl findings diff ghcr.io/acme/web:1.4 ghcr.io/acme/web:1.5

The look-up is the gate's own: with --settings in the sources of `findings` and under `trust`, else beside the image or in
--repository, unsigned. What rules make of it, gatectl check tells. The worst come first: by severity, then what is known to be
exploited, then by EPSS, CVSS and id. A `?` stands for what the scanner does not speak about, a `-` for no value.

--format json writes the findings document (docs/findings.md); of an index whose platforms have findings of their own, a list of
theirs. --format html writes one page that needs nothing else, with all findings unless --top says how many vulnerabilities.

Documents that were read by their digest are kept, and fetched once; what a tag stands for and who signed it is asked anew.

Exit codes: 0 there are findings, 1 there are none that could be shown or the tool failed, 3 the settings are refused."
)]
pub(crate) struct Findings {
    #[command(subcommand)]
    command: Option<Command>,
    /// The image or image index
    #[arg(required = true)]
    image: Option<String>,
    /// How many vulnerabilities of each platform are shown [default: 20; in HTML all]
    #[arg(long, value_name = "NUMBER")]
    top: Option<usize>,
    /// How the result is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    gate: GateOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    Diff(diff::Diff),
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs: the findings document.
    Json,
    /// For people without this program: one page.
    Html,
}

impl Findings {
    pub(crate) fn run(self, output: &mut Output<'_>) -> Outcome {
        let image = match (self.command, self.image) {
            (Some(Command::Diff(diff)), _) => return diff.run(output),
            (None, Some(image)) => image,
            (None, None) => return Err(Failure::new("expected an image, found none")),
        };
        let gate = match self.gate.gate()? {
            Ok(gate) => gate,
            Err(refused) => return refused.write(output, output::Format::Table),
        };
        let buffers = Buffers::default();
        let seen = gate.look_up(&buffers, &image)?;
        match self.format {
            Format::Table => table::write(output, &seen, &gate.settings, gate.now(), self.top.unwrap_or(TOP))?,
            Format::Json => write_json(output, &seen)?,
            Format::Html => {
                let page = html::page(&seen, &gate.settings, gate.now(), self.top);
                output.results.write_all(page.as_bytes())?;
            }
        }
        gate.finish(output)?;
        Ok(if seen.has_findings() { ExitCode::Admitted } else { ExitCode::Failed })
    }
}

fn write_json(output: &mut Output<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
    for part in &seen.parts {
        if let Some((state, why)) = part.state() {
            let of = part.platform.as_deref().map(|platform| format!("platform {platform}: ")).unwrap_or_default();
            output.note(format_args!("{of}{state}: {why}"))?;
        }
    }
    let documents: Vec<Value> = seen.parts.iter().filter_map(seen::Part::document_json).collect();
    match (seen.parts.as_slice(), documents.as_slice()) {
        (_, []) => {}
        // One digest has one document.
        ([part], [document]) if part.platform.is_none() => output.json(document)?,
        _ => output.json(&Value::Array(documents))?,
    }
    Ok(())
}
