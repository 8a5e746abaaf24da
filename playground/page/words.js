/** What the page calls things, in one place. */

/** A verdict as a reader says it. */
export const VERDICTS = /** @type {Record<string, string>} */ ({ deny: 'Denied', audit: 'Audited', admit: 'Admitted' });

/** What each verdict means, for whoever sees one for the first time. */
export const MEANINGS = /** @type {Record<string, string>} */ ({
  deny: 'The cluster refuses the workload.',
  audit: 'The workload is admitted, with a warning and an alert.',
  admit: 'The workload is admitted.',
});

/** From the worst down. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

/** From the worst down. */
export const VERDICT_ORDER = ['deny', 'audit', 'admit'];
