import type { ClassId } from '../grammar/classes.ts'
import { wordLists } from '../grammar/lexicon.ts'

/**
 * Members that stand for the classes without a word list of their own: common words of the class, or its signs. The
 * name of a class ("past-tense verbs") is rare in most corpora; its members are not, and they carry the meaning.
 */
const members: Partial<Readonly<Record<ClassId, string>>> = {
  noun: 'man thing time place people day way house hand eyes life world',
  'plural-noun': 'men things people children eyes hands days words years friends',
  name: 'John Mary Anne Tom Jack Peter Alice Jane George James',
  verb: 'go make take get give find keep put come see said went do',
  past: 'went said came took made saw gave found got looked asked told ran knew thought turned stood',
  ing: 'going looking coming making taking running saying doing sitting standing getting trying',
  participle: 'gone done taken seen given known made found left written',
  infinitive: 'go make take get see find give keep come tell help do',
  'third-person': 'goes makes takes says comes gets gives looks knows has',
  adjective: 'little great old good long big small young beautiful new white poor strange',
  comparative: 'better best more most greater larger older best smaller worse',
  adverb: 'very quickly slowly quite so too just only really suddenly certainly',
  digit: '0 1 2 3 4 5 6 7 8 9',
  punctuation: ', . ; : ! ? - " ( )',
  comma: ',',
  'sentence-end': '. ! ?',
  quote: '" “ ”',
  apostrophe: "' ’",
  dash: '- — --',
  colon: ': ;',
  'open-bracket': '( [ {',
  'close-bracket': ') ] }',
  operator: '= == + * / < > != += ->',
  identifier: 'self args name value data key result path index kwargs',
}

/** Members of a class, or none when its members have nothing in common but their spelling. */
export function exemplarsOf(id: ClassId): readonly string[] {
  const listed = wordLists[id] ?? members[id]
  return listed === undefined ? [] : listed.split(/\s+/)
}

/** Classes whose members are white space: what stands for them in a token vocabulary. */
export const blankExemplars: Partial<Readonly<Record<ClassId, readonly string[]>>> = {
  newline: ['\n', '\n\n'],
  indentation: ['\n    ', '    ', '\n        '],
  space: [' ', '  '],
}
