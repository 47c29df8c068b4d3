/** One measured number that runs of a check compare with each other. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'bytes';
}
