import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../../src/app.config.js';
import { templateNames } from '../../../src/notification/domain/templates.js';
import { EtaTemplates } from '../../../src/notification/infrastructure/eta-templates.js';
import { templateSamples } from '../../../src/notification/infrastructure/template-samples.js';

const HOSTILE = `<b onload="x">Tom & 'Jerry'</b>`;
const shipped = { firstName: HOSTILE, orderId: 'o-1', carrier: 'DHL', trackingNumber: 'JD01' };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aftercommit-templates-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (file: string, text: string) => writeFile(join(folder, file), text);
const opening = () => new EtaTemplates(folder);

describe('the built-in templates', () => {
  it.each(templateNames)('make a subject of one line and a text of %s', (name) => {
    for (const sample of templateSamples[name]) {
      const { subject, text, html } = new EtaTemplates().render(name, sample);
      expect(subject).toMatch(/^\S.*\S$/);
      expect(text).toMatch(/\S\n$/);
      expect(`${subject}${text}`).not.toMatch(/undefined|null|\[object|NaN|<%/);
      expect(html).toBeNull();
    }
  });

  it('leave plain text as it is', () => {
    expect(new EtaTemplates().render('order-shipped', shipped).text).toContain(`Hello ${HOSTILE},`);
  });

  it('keep a subject on one line, whatever is in a name', () => {
    const data = { firstName: 'Eve\r\nBcc: x@example.com\u2028\0\tX' };
    expect(new EtaTemplates().render('vip-congratulation', data).subject).toBe(
      'Congratulations Eve Bcc: x@example.com X!',
    );
  });

  it('refuse to write a mail without what it tells of', () => {
    expect(() => new EtaTemplates().render('order-shipped', { firstName: 'Ada', orderId: 'o-1' })).toThrow(
      /it.carrier is not given/,
    );
  });
});

describe("a shop's own folder", () => {
  it('takes the place of the files that have the same name, and of no other', async () => {
    await put('order-shipped.eta', 'Subject: Unterwegs\r\n\r\nHallo <%= it.firstName %>,\r\n<%= it.carrier %>');
    await put('README.md', 'Our mails.');
    const templates = opening();
    expect(templates.render('order-shipped', shipped)).toEqual({
      subject: 'Unterwegs',
      text: `Hallo ${HOSTILE},\nDHL`,
      html: null,
    });
    expect(templates.render('vip-congratulation', { firstName: 'Ada' }).subject).toBe('Congratulations Ada!');
  });

  it('may add HTML, in which what is inserted is escaped', async () => {
    await put('order-shipped.html.eta', '<p title="<%= it.firstName %>"><%= it.firstName %></p>');
    const { text, html } = opening().render('order-shipped', shipped);
    const escaped = '&lt;b onload=&quot;x&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/b&gt;';
    expect(html).toBe(`<p title="${escaped}">${escaped}</p>`);
    expect(text).toContain(HOSTILE);
  });
});

describe('a broken template', () => {
  it.each([
    ['order-shipped.eta', 'Subject: On its way\n\n<% if (it.carrier) { %>', /order-shipped\.eta/],
    ['order-shipped.eta', 'Subject: On its way\n\n<%= it.carier %>', /order-shipped.*it\.carier is not given/],
    ['order-shipped.eta', 'Subject: On its way\n\n<%= it.carrier.name.first %>', /order-shipped/],
    ['order-shipped.eta', 'Your order is on its way\n\nHello', /order-shipped\.eta: it must begin with .*Subject/],
    ['order-shipped.eta', 'Subject: On its way\nHello', /it must begin with/],
    ['order-shipped.eta', 'Subject: On its way\n\n  \n', /it must begin with/],
    ['order-shipped.eta', "Subject: On its way\n\n<%~ include('./footer') %>", /order-shipped/],
    ['order-shipped.html.eta', '<p><%= it.carrier </p>', /order-shipped\.html\.eta/],
    ['delivery-date-changed.eta', 'Subject: S\n\n<%= it.eta.length %>', /delivery-date-changed/],
    ['order-shiped.eta', 'Subject: On its way\n\nHello', /order-shiped\.eta: no mail has this name; .*order-shipped/],
  ])('is refused before the first mail: %s with %j', async (file, text, message) => {
    await put(file, text);
    expect(opening).toThrow(ConfigError);
    expect(opening).toThrow(message);
  });

  it('is refused in one line, which the start can report', async () => {
    await put('order-shipped.eta', 'Subject: On its way\n\n<% if (it.carrier) { %>');
    expect(opening).toThrow(/^[^\n]+$/);
  });

  it('is a folder that is not there, too', () => {
    expect(() => new EtaTemplates(join(folder, 'nowhere'))).toThrow(/^The mail templates can't be read: .*nowhere/);
  });
});
