// Requantization for the DSP folder's assembly: Requantization in wire/packed_model/params.h, with doubled bias.
// SMMULR of the doubled sum rounds as the reference's rounding doubling high multiplication does.

// \sum: the doubled sum with its bias. r1: multiplier, r2: rounding, r3: shift.
.macro requantize sum smmulr \sum, \sum, r1 add \sum, \sum, \sum, asr #31 add \sum, \sum, r2 asr \sum, \sum,
    r3 ssat \sum, #8, \sum.endm

                          // \low: a sum. r0: doubled bias.
                          .macro requantize_low low add \low,
    r0, \low,
    lsl #1 requantize \low
        .endm

        // r0: lowest, r1: highest.
        .macro clamp value cmp \value,
    r0 it lt movlt \value, r0 cmp \value, r1 it gt movgt \value, r1.endm
