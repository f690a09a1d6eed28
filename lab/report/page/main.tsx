import { render } from 'preact';
import { App } from './app.tsx';
import { readRun } from './run.ts';

async function draw(page: HTMLElement): Promise<void> {
  try {
    const run = await readRun();
    page.replaceChildren();
    render(<App run={run} />, page);
  } catch (error) {
    page.append(`The run in this file cannot be drawn: ${String(error)}`);
  }
}

void draw(document.getElementById('page')!);
