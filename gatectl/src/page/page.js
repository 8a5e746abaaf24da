'use strict';
// Sorting and filtering. Without it the page shows the same, the worst first.
for (const table of document.querySelectorAll('table.list')) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const value = (row, column) => row.cells[column].dataset.sort || row.cells[column].textContent;
  const texts = new Intl.Collator('en', { numeric: true }).compare;
  // What is no number is below every number.
  const number = (text) => (Number.isNaN(parseFloat(text)) ? -1 : parseFloat(text));
  const isNumber = (column) => rows.length > 0 && rows[0].cells[column].className === 'number';
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const falling = head.getAttribute('aria-sort') !== 'descending';
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
      const sign = falling ? -1 : 1;
      const compare = isNumber(column) ? (a, b) => number(a) - number(b) : texts;
      rows.sort((a, b) => sign * compare(value(a, column), value(b, column)));
      body.append(...rows);
    });
  });
  const { noun, hint, choice, choices, flag } = table.dataset;
  const search = document.createElement('input');
  search.type = 'search';
  search.placeholder = hint;
  search.setAttribute('aria-label', 'Filter by text');
  const select = document.createElement('select');
  select.setAttribute('aria-label', `Filter by ${choice}`);
  for (const word of [`every ${choice}`, ...(choices || '').split(' ')]) select.append(new Option(word));
  const check = document.createElement('input');
  check.type = 'checkbox';
  const label = document.createElement('label');
  label.append(check, ` ${flag} only`);
  const shown = document.createElement('span');
  shown.setAttribute('role', 'status');
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word))
        && (select.selectedIndex === 0 || row.dataset[choice] === select.value)
        && (!check.checked || row.dataset[flag] === 'yes');
      row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count} of ${rows.length} ${noun}`;
  };
  const bar = document.createElement('div');
  bar.className = 'filter';
  bar.append(search, ...(choice ? [select] : []), ...(flag ? [label] : []), shown);
  table.parentElement.before(bar);
  for (const control of [search, select, check]) control.addEventListener('input', filter);
  filter();
}
