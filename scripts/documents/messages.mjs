import { relative } from 'node:path';

const NOTE = '<!-- Made by "npm run docs" from the running container; CI compares. -->';

/** docs/messages.md: every message, who makes it and who handles it. */
export function messagesDocument({ modules, events, commands, consumers }) {
  const parts = modules.map((module) => {
    const own = (entries) => entries.filter((entry) => entry.module === module);
    return [
      `## ${module}`,
      table(
        ['event', 'class', 'raised in', 'handled by'],
        own(events).map((event) => eventRow(event, consumers)),
      ),
      table(
        ['command', 'runs', 'sent by', 'handler'],
        own(commands).map((command) => commandRow(command)),
      ),
      table(
        ['reaction', 'kind', 'to', 'sends'],
        own(consumers).map((consumer) => consumerRow(consumer)),
      ),
    ];
  });
  return [
    NOTE,
    '# Messages',
    'Every event, command and reaction of the service, by the module that owns it. An event has any number of handlers, a command exactly one. `personal` fields lie apart from the log and can be erased.',
    ...parts.flat(),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function eventRow({ name, version, className, path, makers, personal }, consumers) {
  const handlers = consumers.filter(({ takes }) => takes.includes(className)).map((consumer) => code(consumer.name));
  const kept = personal.length > 0 ? `, personal: ${personal.join(', ')}` : '';
  return [
    `${code(name)} v${version}${kept}`,
    link(className, path),
    list(makers.map((maker) => fileLink(maker))),
    list(handlers),
  ];
}

function commandRow({ name, path, stored, effect, every, handler, makers }) {
  const queued = effect ? `${effect}${every ? `, every ${every}` : ''}, as ${code(stored ?? name)}` : 'at once';
  const senders = makers.map((maker) => fileLink(maker.path));
  return [link(name, path), queued, list(senders), handler];
}

function consumerRow({ name, kind, path, takes, makes }) {
  return [link(name, path), kind, list(takes), list(makes)];
}

const code = (text) => `\`${text}\``;
const link = (text, path) => `[${text}](${relative('docs', path)})`;
const fileLink = (path) => link(path.split('/').at(-1), path);
const list = (entries) => entries.join(', ') || '–';

export function table(head, rows) {
  if (rows.length === 0) return '';
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
