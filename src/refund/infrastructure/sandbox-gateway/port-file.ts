import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Remembers a port in a file, so that all processes of one installation agree on it. */
export class PortFile {
  constructor(private readonly file: string) {}

  read(): number | undefined {
    try {
      return Number(readFileSync(this.file, 'utf8')) || undefined;
    } catch {
      return undefined;
    }
  }

  forget(): void {
    rmSync(this.file, { force: true });
  }

  /** False when another process was faster. The link makes the file appear whole or not at all. */
  claim(port: number): boolean {
    mkdirSync(dirname(this.file), { recursive: true });
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, `${port}\n`);
    try {
      linkSync(draft, this.file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
}
