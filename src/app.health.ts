import { Controller, Get, type OnModuleDestroy } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from './access/index.js';
import { DomainError } from './kernel/domain-error.js';
import { MessagingStatus } from './messaging/index.js';
import { withinLimit } from './operations/within-limit.js';

/** Long enough for a busy database, short enough for the probe of a load balancer. */
const DATABASE_LIMIT = 2_000;

@ApiTags('health')
@Controller('health')
export class Health implements OnModuleDestroy {
  #shuttingDown = false;

  constructor(private readonly messaging: MessagingStatus) {}

  onModuleDestroy(): void {
    this.#shuttingDown = true;
  }

  @Public()
  @Get('live')
  @ApiOperation({ summary: 'Whether the process works', description: 'It says no by not answering.' })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Public()
  @Get('ready')
  @ApiOperation({ summary: 'Whether the service takes requests' })
  async ready(): Promise<{ status: 'ok' }> {
    if (this.#shuttingDown) throw new DomainError('SHUTTING_DOWN', 'unavailable', 'The service is shutting down.');
    const hasRoom = await this.hasLogRoom();
    if (hasRoom === undefined) {
      throw new DomainError('DATABASE_UNAVAILABLE', 'unavailable', 'The database does not answer.');
    }
    if (!hasRoom)
      throw new DomainError('LOG_NEARLY_FULL', 'unavailable', 'The event log is running out of partitions.');
    return { status: 'ok' };
  }

  /** Undefined where the database doesn't answer. */
  private async hasLogRoom(): Promise<boolean | undefined> {
    return withinLimit(DATABASE_LIMIT, this.messaging.hasLogRoom()).catch(() => undefined);
  }
}
