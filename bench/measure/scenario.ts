/** Something to measure. */
export interface Scenario {
  /** One line for the list of scenarios. */
  about: string;
  run: (options: ScenarioOptions) => Promise<void>;
}

export interface ScenarioOptions {
  rounds: number;
  /** The folder of another checkout to compare with, where a scenario can. */
  against?: string | undefined;
  /** Prints a paragraph or a table, in markdown. */
  say: (text: string) => void;
}
