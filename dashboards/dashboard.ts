/** A dashboard as data, apart from the system that draws it. Queries are PromQL and may hold `$name` of a variable. */
export interface Dashboard {
  /** Stable for ever: links and bookmarks hold it. 8 to 40 characters. */
  uid: string;
  title: string;
  description: string;
  tags: readonly string[];
  /** The time that is shown at first, up to now. */
  rangeHours: number;
  refreshSeconds: number;
  variables: readonly Variable[];
  rows: readonly Row[];
}

/** A choice at the head of the dashboard: any number of the values that `label` has on `metric`; at first, all. */
export interface Variable {
  name: string;
  title: string;
  metric: string;
  label: string;
  /** Label matchers, without braces, that narrow the choice by the variables before it. */
  matchers?: string;
}

export interface Row {
  title: string;
  panels: readonly Panel[];
}

export type PanelKind = 'stat' | 'timeseries' | 'table';

/** What a value is: a plain number, a share of 1, seconds, something per second, or a multiple of what is allowed. */
export type Unit = 'count' | 'ratio' | 'seconds' | 'perSecond' | 'factor';

export interface Panel {
  title: string;
  /** What it shows and when to worry, for somebody who sees it for the first time. */
  description: string;
  kind: PanelKind;
  unit: Unit;
  /** Of 24 columns. */
  width: number;
  queries: readonly Query[];
  /** Areas of a time series lie upon one another; for parts of a whole. */
  stacked?: boolean;
  /** Colours by value, in ascending order; the first holds from minus infinity, whatever its `from`. */
  bands?: readonly Band[];
}

export type Status = 'good' | 'warning' | 'bad';

export interface Band {
  from: number;
  status: Status;
}

export interface Query {
  expr: string;
  /** Names a line by its labels, e.g. `{{type}}`; a table shows the labels themselves. */
  legend: string;
  /** Colours the line by what it means. */
  status?: Status;
}
