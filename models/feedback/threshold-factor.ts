/** A series is at most twice as sensitive as others, and never less than a third. */
export const factorBounds = { least: 0.5, most: 3 };
/** So far above a false alarm the threshold comes to lie. */
const clearance = 1.02;
/** What comes this near to something real is told. */
export const realShare = 0.8;

/**
 * What people have made of the threshold of a series, 0.5 to 3; 1 is the threshold that everybody begins with.
 *
 * A false alarm raises it until that alarm would have stayed just below; something real lowers it until four fifths of it
 * would still pass. Where the two disagree, what was real counts. What is expected at its time leaves it alone.
 *
 * A function of the set: neither the order matters nor what was said and taken back.
 *
 * @example
 * thresholdFactor([{ verdict: 'false_alarm', shape: { score: 1.5 } }]) // 1.53
 * thresholdFactor([{ verdict: 'real', shape: { score: 1.1 } }]) // 0.88
 */
export function thresholdFactor(feedback: readonly { verdict: string; shape: { score: number } }[]): number {
  const scoresOf = (wanted: string) =>
    feedback.filter(({ verdict }) => verdict === wanted).map(({ shape }) => shape.score);
  const raised = Math.max(1, ...scoresOf('false_alarm').map((score) => clearance * score));
  const ceiling = Math.min(factorBounds.most, ...scoresOf('real').map((score) => realShare * score));
  return Math.max(factorBounds.least, Math.min(raised, ceiling));
}
