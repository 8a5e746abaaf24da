/** Icons as drawn paths; each stands beside a word that says the same, so none is read aloud. */

const PATHS = {
  deny: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm2.8 8.7-1.1 1.1L8 9.1l-1.7 1.7-1.1-1.1L6.9 8 5.2 6.3l1.1-1.1L8 6.9l1.7-1.7 1.1 1.1L9.1 8Z',
  audit: 'M8 1.2 15.4 14H.6L8 1.2Zm-.8 4.9v4h1.6v-4H7.2Zm0 5v1.6h1.6v-1.6H7.2Z',
  admit: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.9 9.9L4 7.8l1.1-1.1 2 2 3.8-3.8L12 6l-4.9 4.9Z',
  none: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6ZM4.5 7.2v1.6h7V7.2h-7Z',
  problem: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.8 3.4h1.6v4.8H7.2V4.4Zm0 6.2h1.6v1.6H7.2v-1.6Z',
  close: 'm3.8 2.7 4.2 4.2 4.2-4.2 1.1 1.1L9.1 8l4.2 4.2-1.1 1.1L8 9.1l-4.2 4.2-1.1-1.1L6.9 8 2.7 3.8Z',
  plus: 'M7.2 2.5h1.6v4.7h4.7v1.6H8.8v4.7H7.2V8.8H2.5V7.2h4.7Z',
  theme: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6v10.8a5.4 5.4 0 0 1 0-10.8Z',
  better: 'M8 2.5 13 8l-1.2 1.1-3-3.2v7.6H7.2V5.9l-3 3.2L3 8Z',
  worse: 'M8 13.5 3 8l1.2-1.1 3 3.2V2.5h1.6v7.6l3-3.2L13 8Z',
};

/**
 * @param {keyof typeof PATHS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
