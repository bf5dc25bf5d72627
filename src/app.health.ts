import { Controller, Get, type OnModuleDestroy } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from './access/index.js';
import { DomainError } from './kernel/domain-error.js';

/** Long enough for a busy database, short enough for the probe of a load balancer. */
const DATABASE_LIMIT = 2_000;

@ApiTags('health')
@Controller('health')
export class Health implements OnModuleDestroy {
  #shuttingDown = false;

  constructor(private readonly dataSource: DataSource) {}

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
    if (!(await this.databaseAnswers())) {
      throw new DomainError('DATABASE_UNAVAILABLE', 'unavailable', 'The database does not answer.');
    }
    return { status: 'ok' };
  }

  private async databaseAnswers(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<false>((settle) => {
      timer = setTimeout(() => settle(false), DATABASE_LIMIT);
    });
    const answer = this.dataSource.query('SELECT 1').then(
      () => true,
      () => false,
    );
    return Promise.race([answer, limit]).finally(() => clearTimeout(timer));
  }
}
