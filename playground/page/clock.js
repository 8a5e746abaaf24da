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
    const written = this.field.value;
    if (written === '') return null;
    return `${written}${written.length === 16 ? ':00' : ''}Z`;
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
