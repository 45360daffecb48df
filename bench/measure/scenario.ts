/** Something to measure. */
export interface Scenario {
  /** One line for the list of scenarios. */
  about: string;
  run: (options: ScenarioOptions) => Promise<void>;
}

export interface ScenarioOptions {
  rounds: number;
  /** Prints a paragraph or a table, in markdown. */
  say: (text: string) => void;
}
