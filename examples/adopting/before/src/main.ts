import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';
import { AppModule } from './app.module.js';
import { LendBook } from './lend-book.js';
import { ReturnBook } from './return-book.js';

// The library at work. Lends or takes back a book first, if it is told to: `main.js lend BOOK READER`, `main.js return BOOK`.
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();

const [verb, book = '', reader = ''] = process.argv.slice(2);
if (verb === 'lend') await app.get(CommandBus, { strict: false }).execute(new LendBook(book, reader));
if (verb === 'return') await app.get(CommandBus, { strict: false }).execute(new ReturnBook(book));
process.stdout.write('open\n');
