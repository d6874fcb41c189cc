import { ReviewBoard } from './ReviewBoard.tsx'

/** Review: one neuron fills the view, single keys say what becomes of its concept. */
export function View() {
  return <ReviewBoard />
}
