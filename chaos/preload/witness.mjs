import { Injectable, Module } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import { DataSource } from 'typeorm';
import { built, builtModules } from './built.mjs';

const INSTANCE = process.env.CHAOS_INSTANCE;
const WITNESSES = [
  { name: 'chaos.witness', batch: 1 },
  { name: 'chaos.witness-batched', batch: 100 },
];

/** Adds consumers that write a row for each event of the shop, in the transaction of their lane. */
export async function joinWitnesses() {
  const { AppModule } = await built('app.module.js');
  const { Consumer, messageName } = await built('messaging/index.js');
  const contracts = await builtModules(/^[a-z]+[/\\]contract[/\\]events\.js$/);
  const events = contracts
    .flatMap((contract) => Object.values(contract))
    .filter((each) => isMessage(each, messageName));
  if (events.length === 0) throw new Error('The witnesses find no events.');
  const witnesses = WITNESSES.map(({ name, batch }) => witness(name, batch, { events, Consumer }));
  const forRoot = AppModule.forRoot.bind(AppModule);
  AppModule.forRoot = (...args) => {
    const shop = forRoot(...args);
    const witnessing = class WitnessModule {};
    Module({ providers: witnesses })(witnessing);
    return { ...shop, imports: [...shop.imports, witnessing] };
  };
}

function isMessage(candidate, messageName) {
  if (typeof candidate !== 'function') return false;
  try {
    return messageName(candidate) !== candidate.name;
  } catch {
    return false;
  }
}

function witness(name, batch, { events, Consumer }) {
  const type = class {
    constructor(dataSource) {
      this.dataSource = dataSource;
    }

    async handle(_, { messageId, position }) {
      const row = [name, messageId, position, INSTANCE];
      await this.dataSource.query(
        'insert into chaos.effect (consumer, event_id, position, instance) values ($1, $2, $3, $4)',
        row,
      );
    }
  };
  Object.defineProperty(type, 'name', { value: `Witness${batch}` });
  Injectable()(type);
  Reflect.defineMetadata('design:paramtypes', [DataSource], type);
  EventsHandler(...events)(type);
  Consumer(name, { from: 'beginning', batch })(type);
  return type;
}
