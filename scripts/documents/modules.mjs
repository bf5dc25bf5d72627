import { table } from './messages.mjs';

const NOTE = '<!-- Made by "npm run docs" from the running container; CI compares. -->';

/** docs/modules.md: which module tells which other one what. */
export function modulesDocument(model) {
  const arrows = arrowsOf(model);
  const diagram = ['```mermaid', 'flowchart LR', ...arrows.map(mermaid), '```'].join('\n');
  const rows = arrows.map(({ from, to, kind, names }) => [from, to, kind, names.join(', ')]);
  return [
    NOTE,
    '# Modules',
    'Solid arrows are events that another module reacts to; dotted ones are commands that another module sends. Queries, which change nothing, are left out.',
    diagram,
    table(['from', 'to', 'what', 'which'], rows),
  ].join('\n\n');
}

function arrowsOf({ modules, events, commands, consumers }) {
  const moduleOf = new Map([
    ...events.map((event) => [event.className, event.module]),
    ...commands.map((command) => [command.name, command.module]),
  ]);
  const told = consumers.flatMap(({ module, takes }) =>
    takes.map((name) => ({ from: moduleOf.get(name), to: module, kind: 'event', name })),
  );
  const sent = commands.flatMap(({ name, module, makers }) =>
    makers.map((maker) => ({ from: maker.module, to: module, kind: 'command', name })),
  );
  const between = [...told, ...sent].filter(
    ({ from, to }) => from !== to && modules.includes(from) && modules.includes(to),
  );
  const groups = groupBy(between, keyOf);
  return [...groups.values()]
    .map(([first, ...rest]) => ({
      ...first,
      names: [...new Set([first, ...rest].map(({ name }) => name))].sort((a, b) => (a < b ? -1 : 1)),
    }))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const keyOf = ({ from, to, kind }) => `${from} ${to} ${kind}`;

/** Map.groupBy is missing in Node 20. */
function groupBy(entries, key) {
  const groups = new Map();
  for (const entry of entries) groups.set(key(entry), [...(groups.get(key(entry)) ?? []), entry]);
  return groups;
}

function mermaid({ from, to, kind, names }) {
  const arrow = kind === 'event' ? '-->' : '-.->';
  return `  ${from} ${arrow}|${names.join('<br>')}| ${to}`;
}
