// [[function, question], …] on stdin → [answer, …] on stdout, by the script and the module in the folder that is named.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';

const folder = process.argv[2];
const script = readFileSync(join(folder, 'playground.js'), 'utf8');
const page = vm.runInThisContext(`(() => { ${script}\nreturn wasm_bindgen; })()`);
page.initSync({ module: readFileSync(join(folder, 'playground_bg.wasm')) });

const questions = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(questions.map(([name, question]) => page[name](question))));
