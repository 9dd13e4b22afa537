// Depthwise convolution of one channel after another, 2x2 or 1x4 outputs at a time (depthwise_blocks.h).
//
// The tile holds four rows of input, the four bytes of a column and channel in one word. A vector of the words of
// four columns is a 4x4 patch of the image, and VMLADAV with a vector of taps sums a window of it. With a 3x3 kernel
// and stride 1 the same patch has four windows: taps moved by a row, by a column, and by both. That is 1 load and 4
// multiplications for 2x2 outputs, 16 instructions with requantization (dot_products.S explains it), and with
// other strides 4 loads and 4 additions for 1x4 outputs, 22 instructions.
//
// Counts and cycles: the load gathers four words, the store scatters four bytes; each is one instruction and about
// four cycles.
  .syntax unified
  .thumb

// Offsets in DepthwiseBlocks.
#define CHANNELS 0
#define TILE 8
#define STEPS 16
#define BLOCKS 24
#define REST 28
#define TILE_OFFSETS 32
#define OUTPUT_OFFSETS 48
#define ACTIVATION_MIN 64
// In and of DepthwiseChannel, from its taps on.
#define TAPS 5
#define TAPS_BYTES 24

// Four windows of the patch at r8, or of four patches: their sums to r0, r2, r4, r6, in the order of the outputs.
.macro sum_2x2
  vldrw.u32 q4, [r8, q7]
  add r8, r8, r10
  vmladav.s8 r0, q4, q0
  vmladav.s8 r2, q4, q1
  vmladav.s8 r4, q4, q2
  vmladav.s8 r6, q4, q3
.endm

.macro sum_1x4
  vldrw.u32 q4, [r8, q7]
  add r8, r8, r10
  vldrw.u32 q5, [r8, q7]
  vmladav.s8 r0, q4, q0
  add r8, r8, r10
  vldrw.u32 q4, [r8, q7]
  vmladav.s8 r2, q5, q0
  add r8, r8, r10
  vldrw.u32 q5, [r8, q7]
  vmladav.s8 r4, q4, q0
  add r8, r8, r10
  vmladav.s8 r6, q5, q0
.endm

// A channel's scale is in r1, r3, r5, r7.
.macro block shape, relu, predicated
  sum_\shape
  vmov q5[2], q5[0], r0, r4
  vmov q5[3], q5[1], r2, r6
  vadd.i32 q5, q5, r1
  vqrdmulh.s32 q5, q5, r3
  .if !\relu
  vshr.s32 q4, q5, #31
  vadd.i32 q5, q5, q4
  ldrd r0, r2, [r12, #ACTIVATION_MIN]
  .endif
  vadd.i32 q5, q5, r5
  vqshl.s32 q5, r7
  vshr.s32 q5, q5, #24
  .if !\relu
  vdup.32 q4, r0
  vmax.s32 q5, q5, q4
  vdup.32 q4, r2
  vmin.s32 q5, q5, q4
  .endif
  .if \predicated
  vpst
  vstrbt.32 q5, [r9, q6]
  .else
  vstrb.32 q5, [r9, q6]
  .endif
  add r9, r9, r11
.endm

.macro depthwise name, shape, relu
  .section .text.\name, "ax", %progbits
  .global \name
  .type \name, %function
  .thumb_func
  .balign 4
\name:
  push {r4-r11, lr}
  vpush {d8-d15}
  mov r12, r0
  ldrd r10, r11, [r12, #STEPS]
  vldrw.u32 q7, [r12, #TILE_OFFSETS]
  vldrw.u32 q6, [r12, #OUTPUT_OFFSETS]
  ldr r0, [r12, #REST]
  vctp.32 r0
3:  // a channel
  ldr r0, [r12, #CHANNELS]
  ldm r0!, {r1, r3, r5, r7}
  vldrb.u8 q0, [r0, #TAPS]
  .ifc \shape, 2x2
  vldrb.u8 q1, [r0, #(TAPS - 1)]
  vldrb.u8 q2, [r0, #(TAPS - 4)]
  vldrb.u8 q3, [r0, #(TAPS - 5)]
  .endif
  add r0, r0, #TAPS_BYTES
  str r0, [r12, #CHANNELS]
  ldrd r8, r9, [r12, #TILE]
  add r2, r8, #4
  add r4, r9, #1
  strd r2, r4, [r12, #TILE]
  ldr r0, [r12, #BLOCKS]
  wls lr, r0, 2f
1:
  block \shape, \relu, 0
  le lr, 1b
2:
  ldr r0, [r12, #REST]
  cbz r0, 4f
  block \shape, \relu, 1
4:
  ldrd r0, r2, [r12, #CHANNELS]
  cmp r0, r2
  bne 3b
  vpop {d8-d15}
  pop {r4-r11, pc}
  .size \name, . - \name
.endm

  depthwise tinyrig_helium_depthwise_2x2, 2x2, 0
  depthwise tinyrig_helium_depthwise_2x2_relu, 2x2, 1
  depthwise tinyrig_helium_depthwise_1x4, 1x4, 0
  depthwise tinyrig_helium_depthwise_1x4_relu, 1x4, 1
