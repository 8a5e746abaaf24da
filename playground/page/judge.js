/**
 * The page's side of the worker: one question at a time, the newest judgement wins, and a module that fails is started anew.
 */

/**
 * @typedef {object} Question
 * @property {string} type
 * @property {any} [input]
 */

export class Judge {
  /**
   * @param {string[]} scripts of the worker, one after the other
   * @param {string} module packed, base64
   */
  constructor(scripts, module) {
    const url = URL.createObjectURL(new Blob([scripts.join('\n')], { type: 'text/javascript' }));
    // Where the browser asks for a policy (Trusted Types), one that lets nothing but this worker pass.
    const policy = /** @type {any} */ (window).trustedTypes?.createPolicy('worker', { createScriptURL: () => url });
    this.url = policy ? policy.createScriptURL('') : url;
    this.module = module;
    /** @type {Map<number, Blob>} what the worker holds, for the next worker */
    this.held = new Map();
    this.number = 0;
    /** @type {Map<number, { resolve: (value: any) => void, reject: (why: Error) => void }>} */
    this.asked = new Map();
    /** @type {{ input: any, resolve: (value: any) => void, reject: (why: Error) => void } | null} */
    this.next = null;
    this.isJudging = false;
    this.start();
  }

  start() {
    this.worker = new Worker(this.url, { name: 'judge' });
    this.worker.addEventListener('message', ({ data }) => this.answered(data));
    this.worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.restart(new Error(`the module failed: ${event.message || 'no reason was given'}`));
    });
    this.worker.postMessage({ type: 'start', module: this.module });
    for (const [key, blob] of this.held) this.worker.postMessage({ type: 'hold', key, blob });
  }

  /**
   * Ends what is being judged; whoever waits is told why.
   *
   * @param {Error} why
   */
  restart(why) {
    this.worker?.terminate();
    const waiting = [...this.asked.values()];
    this.asked.clear();
    this.isJudging = false;
    this.start();
    for (const { reject } of waiting) reject(why);
  }

  /**
   * Gives the worker a long report once; judgements then name it by its key.
   *
   * @param {number} key
   * @param {Blob | null} blob null: it is no longer needed
   */
  hold(key, blob) {
    if (blob) this.held.set(key, blob);
    else this.held.delete(key);
    this.worker?.postMessage({ type: 'hold', key, blob });
  }

  /**
   * @param {Question} question
   * @returns {Promise<any>}
   */
  ask(question) {
    this.number += 1;
    const number = this.number;
    return new Promise((resolve, reject) => {
      this.asked.set(number, { resolve, reject });
      this.worker?.postMessage({ ...question, number });
    });
  }

  /**
   * Judges, unless something newer comes before it is its turn: then the answer is null.
   *
   * @param {any} input
   * @returns {Promise<any>}
   */
  judge(input) {
    return new Promise((resolve, reject) => {
      this.next?.resolve(null);
      this.next = { input, resolve, reject };
      this.advance();
    });
  }

  advance() {
    if (this.isJudging || !this.next) return;
    const { input, resolve, reject } = this.next;
    this.next = null;
    this.isJudging = true;
    const done = () => {
      this.isJudging = false;
      this.advance();
    };
    this.ask({ type: 'judge', input }).then(
      (value) => (resolve(this.next ? null : value), done()),
      (why) => (reject(why), done()),
    );
  }

  /** @param {{ number: number, value?: any, failure?: string, isBroken?: boolean }} answer */
  answered({ number, value, failure, isBroken }) {
    const waiting = this.asked.get(number);
    this.asked.delete(number);
    if (failure === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(failure));
    // A module that has trapped is in no defined state.
    if (isBroken) this.restart(new Error(failure));
  }
}
