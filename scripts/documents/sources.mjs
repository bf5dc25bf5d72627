import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The source files of the application: what the container can't tell, such as who makes a message, is read here. */
export class Sources {
  #files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => ({
      path: join('src', name),
      module: name.split('/')[0],
      text: readFileSync(join('src', name), 'utf8'),
    }));

  /** The file that declares a class. */
  fileOf(className) {
    return this.#files.find(({ text }) => new RegExp(`^(export )?(abstract )?class ${className}\\b`, 'm').test(text));
  }

  /** The files that make an instance of a class. */
  makersOf(className) {
    return this.#files.filter(({ text }) => text.includes(`new ${className}(`));
  }

  /** What a saga's property says of it: the events that it takes, by class name, and the commands that it makes. */
  sagaOf(className, property) {
    const { text } = this.fileOf(className);
    const [, body = ''] = new RegExp(`\\b${property} = (.*?)(?=@Saga\\(\\)|^}|$(?![^]))`, 'ms').exec(text) ?? [];
    const taken = [...body.matchAll(/\bofType\(([^)]*)\)/g)].flatMap(([, names]) => names.split(','));
    const made = [...body.matchAll(/\bnew (\w+)\(/g)].map(([, name]) => name);
    return { takes: taken.map((name) => name.trim()).filter(Boolean), makes: [...new Set(made)] };
  }
}
