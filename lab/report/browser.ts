import { existsSync } from 'node:fs';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** Debian's chromium, which the set-up installs. */
export const CHROMIUM = '/usr/bin/chromium';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with one page that cannot leave this machine, and what it wanted from outside of its file. */
export class Browser implements AsyncDisposable {
  readonly page: Page;
  /** Addresses of all that was loaded or asked for. */
  readonly requests: string[] = [];
  /** What the page's script complained about. */
  readonly complaints: string[] = [];
  private readonly context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    context.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
  }

  /** @param profile an empty directory of its own */
  static async start(profile: string): Promise<Browser> {
    if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is not installed: npm test installs it`);
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      args: FLAGS,
      // Some of what it writes goes to the home directory, whatever its profile.
      env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
      viewport: { width: 1280, height: 900 },
    });
    return new Browser(context, context.pages()[0] ?? (await context.newPage()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}
