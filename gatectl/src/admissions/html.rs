//! The inventory → one HTML page with charts.

use policy::time::Timestamp;

use super::chart;
use super::event::Action;
use super::group::{self, By, View};
use super::inventory::Inventory;
use super::summary::{self, Summary};
use crate::page::{self, escape};
use crate::sheet::{self, Sheet};

/// The page, with the first rows of a view.
pub(super) fn page(sheet: &Sheet, inventory: &Inventory, summary: &Summary, limit: usize, now: Timestamp) -> String {
    let mut page = page::open("Admissions");
    let totals = summary::totals(inventory);
    let by_action = Action::ALL.into_iter().zip(totals.by_action).map(|(action, count)| (action.word(), count.to_string()));
    let times =
        [("from", totals.first), ("to", totals.last)].into_iter().filter_map(|(name, time)| Some((name, time?.to_string())));
    page::list(&mut page, times.chain([("answers", totals.answers.to_string())]).chain(by_action));
    page.push_str("<h2>Over time</h2>\n");
    page.push_str(&chart::svg(&inventory.hours));
    for (title, by) in [("Rules", By::Rules), ("Images", By::Images)] {
        page.push_str(&format!("<h2>{title}</h2>\n"));
        page.push_str(&sheet::html::bars(
            &format!("{title} by how often they decided, and how often they denied"),
            &group::sheet(inventory, View::Top(by)),
            "count",
        ));
    }
    page.push_str(&format!("<h2>{}</h2>\n", sheet.name));
    sheet::html::write(&mut page, sheet, limit);
    page.push_str("<h2>What was read</h2>\n<ul>\n");
    for line in summary::lines(summary, inventory).iter().chain(&summary.broken) {
        page.push_str(&format!("<li>{}</li>\n", escape(line)));
    }
    page.push_str("</ul>\n");
    page::close(&mut page, &format!("Made of logs at {now}."));
    page
}
