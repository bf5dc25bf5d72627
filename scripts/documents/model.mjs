import { DiscoveryService, ModuleRef } from '@nestjs/core';
import { consumerOptions, phaseOf, queuedOptions } from '../../dist/src/messaging/decorators.js';
import { discover } from '../../dist/src/messaging/discovery.js';
import { describeMessage } from '../../dist/src/messaging/message.js';
import { Sources } from './sources.mjs';

/** What the running container knows of its messages and their handlers, and what the sources say of who makes them. */
export async function modelOf(app, modules) {
  const found = discover(app.get(DiscoveryService, { strict: false }), app.get(ModuleRef, { strict: false }));
  const sources = new Sources();
  const commands = found.commandHandlers
    .map((handler) => commandOf(handler, sources))
    .filter(({ module }) => modules.includes(module));
  const consumers = [...found.eventHandlers.map(handlerOf), ...found.sagas.map((saga) => sagaOf(saga, sources))]
    .map((consumer) => ({ ...consumer, ...placeOf(consumer.className, sources) }))
    .filter(({ module }) => modules.includes(module));
  const events = (await publishedBy(modules, found)).map((event) => eventOf(event, sources));
  return { modules, events: sorted(events), commands: sorted(commands), consumers: sorted(consumers) };
}

/** Every message class in a module's contract that is no command. */
async function publishedBy(modules, { commandHandlers }) {
  const commands = new Set(commandHandlers.map(({ command }) => command));
  const contracts = await Promise.all(modules.map((module) => import(`../../dist/src/${module}/index.js`)));
  return contracts
    .flatMap((contract) => Object.values(contract))
    .filter((exported) => typeof exported === 'function' && describeMessage(exported).named && !commands.has(exported));
}

function eventOf(event, sources) {
  const { name, version, personal } = describeMessage(event);
  const makers = sources.makersOf(event.name).map(({ path }) => path);
  return {
    name,
    version,
    personal: personal?.fields ?? [],
    className: event.name,
    makers,
    ...placeOf(event.name, sources),
  };
}

function commandOf({ command, target }, sources) {
  const { name, named } = describeMessage(command);
  const queued = queuedOptions(command);
  const makers = sources.makersOf(command.name).map(({ path, module }) => ({ path, module }));
  return {
    name: command.name,
    stored: queued && named ? name : undefined,
    effect: queued?.effect,
    every: queued?.every,
    handler: target.name,
    makers,
    ...placeOf(command.name, sources),
  };
}

function handlerOf({ target, events }) {
  const phase = phaseOf(target);
  const name = consumerOptions(target).name ?? target.name;
  const kind = phase ? phase.kind : 'durable';
  return { name, kind, className: target.name, takes: events.map((event) => event.name), makes: [] };
}

function sagaOf({ target, property }, sources) {
  return {
    name: `${target.name}.${property}`,
    kind: 'saga',
    className: target.name,
    ...sources.sagaOf(target.name, property),
  };
}

function placeOf(className, sources) {
  const { path, module } = sources.fileOf(className) ?? {};
  return { path, module };
}

const sorted = (entries) => entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
