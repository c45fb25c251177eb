/** The one editor of a grid: a text field, or a list where the column has a drop-down. */
import { make } from './dom.js';

/** Where the cursor goes when an edit is over. @typedef {'stay' | 'down' | 'right' | 'left'} Onward */

/**
 * Edit a cell in its place.
 *
 * @param {HTMLTableCellElement} cell @param {string} label @param {string} before what stands in it
 * @param {string} start what the field holds at first @param {string[]} choices
 * @param {(text: string | null, onward: Onward) => void} done null: nothing is to be changed
 */
export function edit(cell, label, before, start, choices, done) {
  const field = choices.length ? listOf(choices, before) : make('input', { value: start, autocomplete: 'off', spellcheck: false });
  field.setAttribute('aria-label', label);
  let over = false;
  /** @param {string | null} text @param {Onward} onward */
  const end = (text, onward) => {
    if (over) return;
    over = true;
    done(text === before ? null : text, onward);
  };
  field.addEventListener('keydown', (event) => {
    const { key, shiftKey, isComposing } = /** @type {KeyboardEvent} */ (event);
    event.stopPropagation();
    if (isComposing) return;
    if (key === 'Enter') end(field.value, 'down');
    else if (key === 'Escape') end(null, 'stay');
    else if (key === 'Tab') end(field.value, shiftKey ? 'left' : 'right');
    else return;
    event.preventDefault();
  });
  // In a text field a paste is the browser's own; it is no paste of cells.
  field.addEventListener('paste', (event) => event.stopPropagation());
  field.addEventListener('blur', () => end(field.value, 'stay'));
  if (choices.length) field.addEventListener('change', () => end(field.value, 'stay'));
  cell.replaceChildren(field);
  field.focus();
  if (field instanceof HTMLInputElement && start === before) field.select();
}

/** @param {string[]} choices @param {string} before */
function listOf(choices, before) {
  // Drop-downs only warn, so a cell may hold something else.
  const all = ['', ...choices, ...(before && !choices.includes(before) ? [before] : [])];
  const list = make('select', {}, ...all.map((value) => make('option', { value }, value || '(empty)')));
  list.value = before;
  return list;
}
