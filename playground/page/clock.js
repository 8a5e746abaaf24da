/** The time of the judgement: a field in UTC, or the clock. */

import { byId } from './dom.js';

export class Clock {
  /** @param {() => void} changed */
  constructor(changed) {
    this.field = byId('now');
    this.button = byId('now-clock');
    this.field.addEventListener('input', () => {
      this.draw();
      changed();
    });
    this.button.addEventListener('click', () => {
      this.show(null);
      changed();
    });
    this.draw();
  }

  /** @returns {string | null} RFC 3339; null: the clock's */
  get value() {
    // What is no time to anybody else, such as a year of five digits while it is typed, is the clock's.
    const written = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?/.exec(this.field.value);
    return written?.[0].length === this.field.value.length ? `${written[1]}${written[2] ?? ':00'}Z` : null;
  }

  /** @returns {string} RFC 3339, of the clock where none is written */
  get instant() {
    return this.value ?? new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  }

  /** @param {string | null} now */
  show(now) {
    this.field.value = now === null ? '' : new Date(now).toISOString().slice(0, 19);
    this.draw();
  }

  draw() {
    this.button.setAttribute('aria-pressed', String(this.field.value === ''));
  }
}
