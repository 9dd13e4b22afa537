// ADD of int8 vectors, four elements at a time in int32 lanes (add_vectors.h).
//
// An operand is scaled up, multiplied (VQRDMULH is the reference's rounding) and shifted down; VRSHL rounds halves
// up, so that one is taken from negative values first. The operand with the larger scale is just halved, which is
// folded into its unit. The sum is requantized as in dot_products.S, with a saturating addition, since it may be
// large. 15 instructions for 4 elements with ReLU and one operand halved, 25 at most.
//
// Counts and cycles: 4 of 16 bytes are loaded and stored at a time; the loop end is free on the core.
  .syntax unified
  .thumb

// Offsets in AddVectors.
#define COUNT 12
#define OPERAND1 16
#define OPERAND2 32
#define SCALE 48
#define ACTIVATION_MIN 60

.macro add_vectors name, half, relu
  .section .text.\name, "ax", %progbits
  .global \name
  .type \name, %function
  .thumb_func
  .balign 4
\name:
  push {r4-r11, lr}
  vpush {d8-d15}
  ldrd r1, r2, [r0, #ACTIVATION_MIN]
  vdup.32 q6, r1
  vdup.32 q7, r2
  ldrd r1, r4, [r0, #OPERAND1]
  vdup.32 q4, r1
  ldrd r5, r6, [r0, #(OPERAND1 + 8)]
  ldrd r1, r7, [r0, #OPERAND2]
  vdup.32 q5, r1
  ldrd r8, r9, [r0, #(OPERAND2 + 8)]
  ldrd r10, r11, [r0, #SCALE]
  ldr r12, [r0, #(SCALE + 8)]
  ldr lr, [r0, #COUNT]
  ldm r0, {r1, r2, r3}
  wlstp.32 lr, lr, 2f
1:
  vldrb.s32 q0, [r1], #4
  vldrb.s32 q1, [r2], #4
  vmlas.s32 q0, q4, r4
  vmlas.s32 q1, q5, r7
  .if !\half
  vqrdmulh.s32 q0, q0, r5
  vshr.s32 q2, q0, #31
  vadd.i32 q0, q0, q2
  vrshl.s32 q0, r6
  .endif
  vqrdmulh.s32 q1, q1, r8
  vshr.s32 q2, q1, #31
  vadd.i32 q1, q1, q2
  vrshl.s32 q1, r9
  vadd.i32 q0, q0, q1
  vqrdmulh.s32 q0, q0, r10
  .if !\relu
  vshr.s32 q2, q0, #31
  vadd.i32 q0, q0, q2
  .endif
  vqadd.s32 q0, q0, r11
  vqshl.s32 q0, r12
  vshr.s32 q0, q0, #24
  .if !\relu
  vmax.s32 q0, q0, q6
  vmin.s32 q0, q0, q7
  .endif
  vstrb.32 q0, [r3], #4
  letp lr, 1b
2:
  vpop {d8-d15}
  pop {r4-r11, pc}
  .size \name, . - \name
.endm

  add_vectors tinyrig_helium_add, 0, 0
  add_vectors tinyrig_helium_add_relu, 0, 1
  add_vectors tinyrig_helium_add_half, 1, 0
  add_vectors tinyrig_helium_add_half_relu, 1, 1
