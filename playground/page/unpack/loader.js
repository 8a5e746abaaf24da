/**
 * The first script of the page: unpacks the page's own and the worker's, and starts the page. What it adds runs because the page's policy has its
 * hash; what is damaged has another one and does not. Then the page says so, by a line that whoever starts takes away.
 */

/** @param {string} id */
const byId = (id) => document.getElementById(id);

function start() {
  const [script, worker] = new TextDecoder().decode(self.unpackText(byId('scripts').textContent)).split('\0');
  byId('worker-script').textContent = worker;
  const node = document.createElement('script');
  // A policy that lets one text pass, whatever it is given.
  const policy = window.trustedTypes?.createPolicy('loader', { createScript: () => script });
  node.textContent = policy ? policy.createScript('') : script;
  document.body.append(node);
}

try {
  start();
} catch (error) {
  console.error(error);
}
const line = byId('unstarted');
if (line) {
  line.classList.add('failed');
  line.textContent = 'The playground cannot start: its file is damaged or was cut off, or the browser is older than Chrome 123, Firefox 120 and Safari 17.5. Get the file again, or a newer browser.';
}
