/**
 * What the demo does, step by step: both walks, then the lives of a Deployment and a StatefulSet. Only what a user of `kubectl`
 * could do.
 * @module
 */

import { cloneSetStory } from "./clone-set-story.ts";
import { deploymentStory } from "./deployment-story.ts";
import { statefulSetStory } from "./stateful-set-story.ts";
import type { Step } from "./step.ts";

/** The whole story. */
export const story: readonly Step[] = [...cloneSetStory, ...deploymentStory, ...statefulSetStory];
