import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import { Roles } from '../../access/index.js';
import type { Page } from '../../kernel/page.js';
import {
  NotificationQueries,
  type NotificationView,
  type NotificationWithAttempts,
} from '../application/notification.queries.js';
import { ResendNotification } from '../application/resend-notification.js';
import * as schema from './notification.schema.js';

@Controller('v1/notifications')
export class NotificationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly notifications: NotificationQueries,
  ) {}

  @Get()
  @Roles('operator')
  @ApiOperation({
    summary: 'List mails, newest first',
    description: 'With `status=failed`, those that a person should look at; `kept` ones were never tried.',
  })
  async list(
    @Query({ schema: schema.listNotificationsQuery }) filter: schema.ListNotificationsQuery,
  ): Promise<Page<NotificationView>> {
    return this.notifications.list(filter);
  }

  @Get(':id')
  @Roles('operator')
  @ApiOperation({ summary: 'Read a mail', description: 'As it was written, with every attempt to send it.' })
  async get(@Param('id', { schema: schema.id }) id: string): Promise<NotificationWithAttempts> {
    return this.notifications.get(id);
  }

  @Post(':id/resend')
  @HttpCode(202)
  @Roles('operator')
  @ApiOperation({
    summary: 'Send a mail again',
    description:
      'One that failed, was kept or was sent; to the address that is known now. What may not have arrived keeps its ' +
      'Message-ID; what was sent gets a new one, so that it is not taken for a duplicate.',
  })
  async resend(@Param('id', { schema: schema.id }) id: string): Promise<NotificationWithAttempts> {
    await this.commands.execute(new ResendNotification(id));
    return this.notifications.get(id);
  }
}
