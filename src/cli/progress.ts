/** A line that is written over as work goes on: on a terminal only, and only once the work has taken a while. */
export class Progress implements Disposable {
  private readonly stream: NodeJS.WriteStream;
  private nextAt = performance.now() + PATIENCE_MS;
  private shown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  show(text: string): void {
    const now = performance.now();
    if (!this.stream.isTTY || now < this.nextAt) return;
    this.nextAt = now + INTERVAL_MS;
    this.shown = true;
    this.stream.write(`\r\x1b[K${text}`);
  }

  clear(): void {
    if (this.shown) this.stream.write('\r\x1b[K');
    this.shown = false;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

const PATIENCE_MS = 300;
const INTERVAL_MS = 100;
