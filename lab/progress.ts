/** What a stage tells while it lasts. */
export interface Stage {
  /** What it is at: seen on a terminal only. */
  readonly at: (what: string) => void;
  /** What takes a while, and should be known elsewhere too. */
  readonly say: (what: string) => void;
  /** What remains to be read: on a terminal after the stages, as they are drawn over. */
  readonly note: (text: string) => void;
}

export interface StageRow {
  readonly title: string;
  readonly work: (stage: Stage) => Promise<void>;
}

/** One stage after the other: a live list on a terminal, else quiet lines; all on standard error. */
export async function inStages(stages: readonly StageRow[]): Promise<void> {
  if (!process.stderr.isTTY) {
    const line = (text: string) => void process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
    for (const { work } of stages) await work({ at: () => undefined, say: line, note: line });
    return;
  }
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  const notes: string[] = [];
  const list = new Listr(
    stages.map(({ title, work }) => ({
      title,
      task: (_: unknown, task: { output: string }) => {
        const at = (what: string) => void (task.output = what);
        return work({ at, say: at, note: (text) => void notes.push(text) });
      },
    })),
    { registerSignalListeners: false, rendererOptions: { logger, showErrorMessage: false } },
  );
  try {
    await list.run();
  } finally {
    for (const note of notes) process.stderr.write(note);
  }
}
