#include "fvb_word_topics.h"

#define REAL double
#define NAME(stem) stem
#include "word_topics_leaves.h"
#undef REAL
#undef NAME

#define REAL float
#define NAME(stem) stem##f
#include "word_topics_leaves.h"

const fvb_word_topics_table FVB_TABLE(fvb_word_topics) = {
    {probabilities, most_probable},
    {probabilitiesf, most_probablef},
};
