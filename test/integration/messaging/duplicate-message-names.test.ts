import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import { Consumer, Message } from '../../../src/messaging/index.js';
import { startMessagingApp } from '../../support/messaging-app.js';

// In a file of its own, because names are known to the whole process.

@Message('twin')
class First {}

@Message('twin')
class Second {}

class Handler {
  async handle(): Promise<void> {}
}

@EventsHandler(First)
@Consumer('of-first')
class OfFirst extends Handler {}

@EventsHandler(Second)
@Consumer('of-second')
class OfSecond extends Handler {}

const booting = (providers: Type[]) => startMessagingApp({ providers }).then((app) => app.close());

describe('an application does not start', () => {
  it('with handlers for two messages of one name', async () => {
    await expect(booting([OfFirst, OfSecond])).rejects.toThrow('two messages are called "twin": First and Second');
  });

  it('with a handler for one of two messages of one name, for it would be given the other', async () => {
    await expect(booting([OfFirst])).rejects.toThrow('two messages are called "twin": First and Second');
  });
});
