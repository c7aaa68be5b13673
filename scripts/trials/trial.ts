// Owns: what a trial is: a proof on real processes that takes longer than the tests may. Does not own: any trial.

/** One file of this folder exports one of these as `trial`; its name is the file's. */
export interface Trial {
  /** One sentence: what is shown, and about how long it takes. */
  readonly about: string;
  /** Throws where what was promised did not hold; the figures are what was measured, units in their names. */
  run(options: TrialOptions): Promise<Readonly<Record<string, unknown>>>;
}

export interface TrialOptions {
  /** What stood behind the trial's name, for trials that take options of their own. */
  readonly args: readonly string[];
  /** Progress, one line each. */
  tell(line: string): void;
}
