//! Verdicts, for people and for programs.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Judged, trace};
use crate::exit::Failure;
use crate::judgement::{Interned, Judgement};
use crate::output::{self, Colour, Output};
use crate::{junit, manifests, sarif, visible};

/// Version of the JSON that `--format json` writes; `docs/check.schema.json` describes it.
const SCHEMA_VERSION: u32 = 1;

/// How verdicts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Table,
    /// For programs: one JSON document with a `schemaVersion`.
    Json,
    /// For code hosts: SARIF 2.1.0, a result at each object.
    Sarif,
    /// For build servers: JUnit's XML, a test case for each object.
    Junit,
}

impl Format {
    /// How refused settings are written: they are nobody's test case.
    pub(super) fn of_refusals(self) -> output::Format {
        if self == Self::Json { output::Format::Json } else { output::Format::Table }
    }
}

pub(super) fn write(output: &mut Output<'_>, format: Format, judged: &[Judged]) -> Result<(), Failure> {
    match format {
        Format::Json => output.json(&document(judged))?,
        Format::Table => table(output, judged)?,
        Format::Sarif | Format::Junit => write_reports(output, format, judged)?,
    }
    let n = |verdict: &str| judged.iter().filter(|one| one.verdict() == verdict).count();
    let total = judged.len();
    output.note(format_args!("{total} judged: {} denied, {} audited, {} admitted", n("deny"), n("audit"), n("admit")))?;
    Ok(())
}

fn write_reports(output: &mut Output<'_>, format: Format, judged: &[Judged]) -> Result<(), Failure> {
    let interned = Interned::default();
    let all: Vec<(String, Judgement)> = judged
        .iter()
        .map(|one| (manifests::name(&one.request), interned.judgement(&one.answer, one.images.as_deref().unwrap_or_default())))
        .collect();
    let results = judged.iter().zip(&all).map(|(one, (name, judgement))| {
        let namespace = one.request.get("namespace").and_then(Value::as_str).unwrap_or_default();
        (namespace, sarif::Judged { place: &one.place, name, judgement })
    });
    if format == Format::Junit {
        output.results.write_all(junit::document(results).as_bytes())?;
        return Ok(());
    }
    let (document, left_out) = sarif::document(results.map(|(_, one)| one));
    output.json(&document)?;
    if left_out > 0 {
        output.note(sarif::left_out(left_out))?;
    }
    Ok(())
}

fn document(judged: &[Judged]) -> Value {
    let worst =
        ["deny", "audit"].into_iter().find(|verdict| judged.iter().any(|one| one.verdict() == *verdict)).unwrap_or("admit");
    let results: Vec<Value> = judged
        .iter()
        .map(|one| {
            let mut result = json!({
                "place": one.place,
                "object": manifests::name(&one.request),
                "verdict": one.verdict(),
                "rule": one.answer.annotation("rule"),
                "code": one.answer.code,
                "message": one.answer.message,
                "warnings": one.answer.warnings.as_deref().unwrap_or_default(),
                "violations": one.answer.json_annotation("violations"),
                "setAside": one.answer.json_annotation("setAside"),
                "evidence": one.answer.json_annotation("evidence"),
            });
            if let (Some(images), Some(members)) = (&one.images, result.as_object_mut()) {
                members.insert("images".to_owned(), json!(images));
            }
            result
        })
        .collect();
    json!({ "schemaVersion": SCHEMA_VERSION, "verdict": worst, "results": results })
}

/// One line for each object, and under it what the module says: a line for each image.
fn table(output: &mut Output<'_>, judged: &[Judged]) -> Result<(), Failure> {
    let rows: Vec<[String; 3]> = judged
        .iter()
        .map(|one| {
            [
                visible::line(&manifests::name(&one.request)),
                one.verdict().to_owned(),
                one.answer.annotation("rule").unwrap_or("-").to_owned(),
            ]
        })
        .collect();
    let head = ["WORKLOAD", "VERDICT", "RULE"].map(str::to_owned);
    let width = |column: usize| {
        std::iter::once(&head).chain(&rows).filter_map(|row| row.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let (first, second, third) = (width(0), width(1), width(2));
    let [workload, verdict, rule] = &head;
    let line = format!("{workload:<first$}  {verdict:<second$}  {rule:<third$}  PLACE");
    writeln!(output.results, "{}", output.paint(Colour::Heading, &line))?;
    for (one, [workload, verdict, rule]) in judged.iter().zip(&rows) {
        let colour = match verdict.as_str() {
            "deny" => Colour::Bad,
            "audit" => Colour::Doubtful,
            _ => Colour::Good,
        };
        let verdict = output.paint(colour, &format!("{verdict:<second$}"));
        writeln!(output.results, "{workload:<first$}  {verdict}  {rule:<third$}  {}", visible::line(&one.place))?;
        let said = one.answer.message.iter().chain(one.answer.warnings.iter().flatten());
        for line in said.flat_map(|text| text.lines()) {
            writeln!(output.results, "    {}", visible::line(line))?;
        }
        for image in one.images.iter().flatten() {
            trace::write(output, image)?;
        }
    }
    Ok(())
}
