import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta, type TemplateFunction } from 'eta/core';
import { ConfigError } from '../../app.config.js';
import type { MailContent } from '../domain/notification.state.js';
import { type TemplateName, templateNames, Templates } from '../domain/templates.js';
import { templateSamples } from './template-samples.js';

/** The build copies them beside the compiled files. */
const BUILT_IN = fileURLToPath(new URL('../templates', import.meta.url));
/** A line with the subject, an empty line, and the text. */
const FORM = /^Subject: (?<subject>\S.*)\r?\n\r?\n(?<text>[^]*\S[^]*)$/;

interface Compiled {
  readonly subject: TemplateFunction;
  readonly text: TemplateFunction;
  readonly html?: TemplateFunction;
}

const plain = new Eta({ autoEscape: false, autoTrim: false });
const escaping = new Eta({ autoEscape: true, autoTrim: false });

/**
 * `<name>.eta` for subject and text and, if it is there, `<name>.html.eta` for the same in HTML. Both are read once, and
 * a file of the shop's own folder takes the place of the built-in one.
 */
export class EtaTemplates extends Templates {
  readonly #compiled: ReadonlyMap<TemplateName, Compiled>;

  /** Throws a {@link ConfigError} for what is not readable, not known, or not to be rendered. */
  constructor(folder?: string) {
    super();
    const files = new Map([...read(BUILT_IN), ...(folder === undefined ? [] : read(folder))]);
    this.#compiled = new Map(templateNames.map((name) => [name, compiled(name, files)]));
    const unknown = [...files.keys()].find((file) => !KNOWN.has(file));
    if (unknown !== undefined) throw refusal(unknown, `no mail has this name; there are ${templateNames.join(', ')}`);
    for (const name of templateNames) this.tryOut(name);
  }

  render(template: TemplateName, data: object): MailContent {
    const { subject, text, html } = this.#compiled.get(template)!;
    const it = strict(data);
    return {
      // One line, whatever is in a name: what follows a line break would be a header of its own.
      subject: plain
        .render(subject, it)
        .replace(/[\p{C}\s]+/gu, ' ')
        .trim(),
      text: plain.render(text, it),
      html: html ? escaping.render(html, it) : null,
    };
  }

  private tryOut(name: TemplateName): void {
    try {
      for (const sample of templateSamples[name]) this.render(name, sample);
    } catch (error) {
      throw refusal(`${name}.eta or ${name}.html.eta`, firstLine(error));
    }
  }
}

const KNOWN: ReadonlySet<string> = new Set(templateNames.flatMap((name) => [`${name}.eta`, `${name}.html.eta`]));

/** The templates of a folder by their names; other files, such as a README, may lie there too. */
function read(folder: string): [string, string][] {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.eta'));
    return files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]);
  } catch (error) {
    throw new ConfigError(`The mail templates can't be read: ${firstLine(error)}`);
  }
}

function compiled(name: TemplateName, files: ReadonlyMap<string, string>): Compiled {
  const { subject, text } = FORM.exec(files.get(`${name}.eta`) ?? '')?.groups ?? {};
  if (!subject || !text) {
    throw refusal(`${name}.eta`, 'it must begin with a line "Subject: …" and an empty line, and go on with the text');
  }
  const html = files.get(`${name}.html.eta`);
  const compile = (eta: Eta, source: string, file: string): TemplateFunction => {
    try {
      return eta.compile(source);
    } catch (error) {
      throw refusal(file, firstLine(error));
    }
  };
  return {
    subject: compile(plain, subject, `${name}.eta`),
    text: compile(plain, text, `${name}.eta`),
    ...(html === undefined ? {} : { html: compile(escaping, html, `${name}.html.eta`) }),
  };
}

/** A misspelt field is an error, and no "undefined" in a mail. */
function strict(data: object): object {
  return new Proxy(data, {
    get(target, field, receiver): unknown {
      if (typeof field === 'string' && !(field in target)) throw new Error(`it.${field} is not given`);
      return Reflect.get(target, field, receiver);
    },
  });
}

const refusal = (file: string, why: string): ConfigError => new ConfigError(`The mail template ${file}: ${why}`);

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
