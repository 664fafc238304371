/** Door of policy sources: the policies in a file, whatever carries them. */
export { isPolicyFile, readPolicies } from './read-policies.ts';
export { kindOfPolicyFile, policiesIn, type PolicyInFile } from './policies-in.ts';
