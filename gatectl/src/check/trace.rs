//! The way to a verdict, as indented lines under the verdict's own.

use std::io;

use serde_json::Value;

use crate::judgement::{list, text};
use crate::output::{Colour, Output};
use crate::visible;

/// Vulnerabilities that a step names; `--format json` has all of them.
const NAMED: usize = 10;
/// Findings set aside that an image names.
const SET_ASIDE: usize = 20;

/// Writes one image's trace, which is of the form of [`policy::render::trace::of_image`].
pub(super) fn write(output: &mut Output<'_>, image: &Value) -> io::Result<()> {
    let lines = lines(image);
    for (colour, line) in lines {
        let line = visible::line(&line);
        let line = colour.map_or(line.clone(), |colour| output.paint(colour, &line));
        writeln!(output.results, "    {line}")?;
    }
    Ok(())
}

type Line = (Option<Colour>, String);

fn lines(image: &Value) -> Vec<Line> {
    let plain = |line: String| (None, line);
    let heading = format!("{}  {}: {}", text(image, "container"), text(image, "image"), text(image, "verdict"));
    let mut lines = vec![(Some(Colour::Heading), heading), plain(format!("  findings   {}", evidence(&image["evidence"])))];
    for rule in list(image, "rules") {
        lines.push(plain(format!("  rule       {} ({}): {}", text(rule, "rule"), text(rule, "action"), part(rule))));
    }
    for platform in list(image, "platforms") {
        if let Some(name) = platform["platform"].as_str() {
            lines.push(plain(format!("  platform   {name}")));
        }
        list(platform, "steps").for_each(|step| lines.extend(of_step(step)));
    }
    let set_aside: Vec<&Value> = list(image, "setAside").collect();
    lines.extend(set_aside.iter().take(SET_ASIDE).map(|entry| plain(format!("  set aside  {}", of_set_aside(entry)))));
    lines.extend(more(set_aside.len(), SET_ASIDE).map(|more| plain(format!("  set aside  {more}"))));
    if let Some(totals) = image.pointer("/evidence/findings").and_then(Value::as_object) {
        let n = |key: &str| totals.get(key).and_then(Value::as_u64).unwrap_or(0);
        let (counted, aside, below) = (n("counted"), n("setAside"), n("belowEveryCondition"));
        lines.push(plain(format!("  in all     {counted} counted, {aside} set aside, {below} below every condition")));
    }
    lines
}

fn evidence(evidence: &Value) -> String {
    match evidence["state"].as_str().unwrap_or_default() {
        "scanned" => {
            let of = |key: &str, word: &str| evidence[key].as_str().map(|text| format!(" {word} {text}")).unwrap_or_default();
            let how = if evidence["path"] == "summary" { ", by their summary alone" } else { "" };
            format!("of {}{}{}{how}", text(evidence, "scanner"), of("scannedAt", "at"), of("artifact", "in"))
        }
        "out-of-scope" => "not asked for: no rule is to be judged by them".to_owned(),
        "controller-pod" => "not asked for: a controller restarts the image".to_owned(),
        "index" => list(evidence, "platforms")
            .map(|platform| format!("{}: {}", text(platform, "platform"), self::evidence(platform)))
            .collect::<Vec<_>>()
            .join("; "),
        state => match evidence["why"].as_str() {
            Some(why) => format!("{state}: {why}"),
            None => state.to_owned(),
        },
    }
}

fn part(rule: &Value) -> String {
    match rule["part"].as_str().unwrap_or_default() {
        "judged" => "takes part".to_owned(),
        "scope-unknown" => "whether it is about this image cannot be told".to_owned(),
        "controller-pod" => "a controller restarts the image from its digest: not judged".to_owned(),
        "out-of-scope" => format!("not about this image: it wants that {}", text(rule, "why")),
        "excused" => format!("exemption `{}` excuses the image", text(rule, "exemption")),
        other => other.to_owned(),
    }
}

fn of_step(step: &Value) -> Vec<Line> {
    let condition = match (step["condition"].as_u64(), step["text"].as_str()) {
        (Some(position), Some(text)) => format!(" condition {}, {text}", position.saturating_add(1)),
        _ => String::new(),
    };
    let what = format!("{}{condition}", text(step, "rule"));
    let counted = || match (step["count"].as_u64(), step["atMost"].as_u64()) {
        (Some(count), _) => format!("{count}"),
        (_, Some(most)) => format!("at most {most}"),
        _ => String::new(),
    };
    let rank = step["rank"].as_str().unwrap_or_default();
    let (colour, line) = match step["state"].as_str().unwrap_or_default() {
        "wanting" => (
            answer_colour(step),
            format!("  evidence   {what}: {} [{}]: {}", text(step, "why"), text(step, "code"), text(step, "answer")),
        ),
        "fulfilled" => (answer_colour(step), format!("  {rank:<9}  {what}: {}: {}", counted(), text(step, "answer"))),
        "not-reached" => (None, format!("  {rank:<9}  {what}: not reached")),
        _ => (None, format!("  {rank:<9}  {what}: {}: not fulfilled", counted())),
    };
    let decides = if step["decides"] == true { "  <- decides" } else { "" };
    let mut lines = vec![(colour, format!("{line}{decides}"))];
    let vulnerabilities: Vec<&Value> = list(step, "vulnerabilities").collect();
    if step["state"] == "fulfilled" {
        let lines_of = vulnerabilities.iter().take(NAMED).map(|vulnerability| of_vulnerability(vulnerability));
        lines.extend(lines_of.chain(more(vulnerabilities.len(), NAMED)).map(|line| (None, format!("               {line}"))));
    }
    lines
}

fn answer_colour(step: &Value) -> Option<Colour> {
    match step["answer"].as_str() {
        Some("deny") => Some(Colour::Bad),
        Some("audit") => Some(Colour::Doubtful),
        _ => None,
    }
}

fn of_vulnerability(vulnerability: &Value) -> String {
    let fixed: Vec<&str> = list(vulnerability, "fixed").filter_map(Value::as_str).collect();
    let fixed = if fixed.is_empty() { "no fixed version".to_owned() } else { format!("fixed in {}", fixed.join(", ")) };
    let installed = vulnerability["installed"].as_str().map(|version| format!(" {version}")).unwrap_or_default();
    let (id, severity, package) = (text(vulnerability, "id"), text(vulnerability, "severity"), text(vulnerability, "package"));
    format!("{id} {severity} {package}{installed}, {fixed}")
}

fn of_set_aside(entry: &Value) -> String {
    let by = match (entry["exemption"].as_str(), entry["vex"].as_str()) {
        (Some(exemption), _) => format!("exemption `{exemption}`: {}", text(entry, "reason")),
        (_, Some(status)) => {
            let source = entry["source"].as_str().map(|source| format!(" of {source}")).unwrap_or_default();
            format!("VEX statement `{status}`{source}")
        }
        _ => String::new(),
    };
    match entry["id"].as_str() {
        Some(id) => format!("{id} {} by {by}", text(entry, "package")),
        None => format!("the whole image by {by}"),
    }
}

/// `and 3 more` where not all are named.
fn more(all: usize, named: usize) -> Option<String> {
    all.checked_sub(named).filter(|more| *more > 0).map(|more| format!("and {more} more"))
}
