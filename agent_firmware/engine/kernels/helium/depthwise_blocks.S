// Depthwise convolution of one channel after another, 2x2 or 1x4 outputs at a time (depthwise_blocks.h).
//
// The tile holds four rows of input, the four bytes of a column and channel in one word. A vector of the words of
// four columns is a 4x4 patch of the image, and VMLADAV with a vector of taps sums a window of it. With a 3x3 kernel
// and stride 1 the same patch has four windows: taps moved by a row, by a column, and by both. That is 1 load and 4
// multiplications for 2x2 outputs, 16 instructions with requantization (dot_products.S explains it). With other
// strides each output has a patch of its own, 22 instructions for 1x4 outputs; kernels of up to 8x8 have up to four
// patches, 62 instructions.
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
#define PATCH_OFFSETS 32
#define ACTIVATION_MIN 44
#define TILE_OFFSETS 52
#define OUTPUT_OFFSETS 68
#define CHANNEL 84
#define TWO_ROWS_OFFSET 5

// Four windows of the patch at r8, or of patches from r8 on: their sums to r0, r2, r4, r6, in the order of the outputs.
.macro sum_2x2
  vldrw.u32 q4, [r8, q7]
  add r8, r8, r10
  vmladav.s8 r0, q4, q0
  vmladav.s8 r2, q4, q1
  vmladav.s8 r4, q4, q2
  vmladav.s8 r6, q4, q3
.endm

.macro sum_window sum, patches
  vldrw.u32 q4, [r8, q7]
  .if \patches > 1
  add r7, r8, r1
  vldrw.u32 q5, [r7, q7]
  .endif
  vmladav.s8 \sum, q4, q0
  .if \patches > 1
  vmladava.s8 \sum, q5, q1
  .endif
  .if \patches > 2
  add r7, r8, r3
  vldrw.u32 q4, [r7, q7]
  add r7, r8, r5
  vldrw.u32 q5, [r7, q7]
  vmladava.s8 \sum, q4, q2
  vmladava.s8 \sum, q5, q3
  .endif
  add r8, r8, r10
.endm

.macro sum_1x4 patches
  .if \patches > 1
  ldr r1, [r12, #PATCH_OFFSETS]
  .endif
  .if \patches > 2
  ldrd r3, r5, [r12, #(PATCH_OFFSETS + 4)]
  .endif
  .irp sum, r0, r2, r4, r6
  sum_window \sum, \patches
  .endr
.endm

// A channel's scale is in r1, r3, r5, r7; it is loaded again where several patches need these registers.
.macro block patches, relu, predicated
  .if \patches == 0
  sum_2x2
  .else
  sum_1x4 \patches
  .endif
  vmov q5[2], q5[0], r0, r4
  vmov q5[3], q5[1], r2, r6
  .if \patches > 1
  ldr r7, [r12, #CHANNEL]
  ldm r7, {r1, r3, r5, r7}
  .endif
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

// Patches: 0 for 2x2 outputs.
.macro depthwise name, patches, relu
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
  .if \patches > 1
  str r0, [r12, #CHANNEL]
  .endif
  ldm r0!, {r1, r3, r5, r7}
  .if \patches == 0
  vldrb.u8 q0, [r0, #TWO_ROWS_OFFSET]
  vldrb.u8 q1, [r0, #(TWO_ROWS_OFFSET - 1)]
  vldrb.u8 q2, [r0, #(TWO_ROWS_OFFSET - 4)]
  vldrb.u8 q3, [r0], #24
  .endif
  .if \patches > 0
  vldrw.u32 q0, [r0], #16
  .endif
  .if \patches > 1
  vldrw.u32 q1, [r0], #16
  .endif
  .if \patches > 2
  vldrw.u32 q2, [r0], #16
  vldrw.u32 q3, [r0], #16
  .endif
  str r0, [r12, #CHANNELS]
  ldrd r8, r9, [r12, #TILE]
  add r2, r8, #4
  add r4, r9, #1
  strd r2, r4, [r12, #TILE]
  ldr r0, [r12, #BLOCKS]
  wls lr, r0, 2f
1:
  block \patches, \relu, 0
  le lr, 1b
2:
  ldr r0, [r12, #REST]
  .if \patches > 1
  cmp r0, #0
  beq 4f
  .else
  cbz r0, 4f
  .endif
  block \patches, \relu, 1
4:
  ldrd r0, r2, [r12, #CHANNELS]
  cmp r0, r2
  bne 3b
  vpop {d8-d15}
  pop {r4-r11, pc}
  .size \name, . - \name
.endm

  depthwise tinyrig_helium_depthwise_2x2, 0, 0
  depthwise tinyrig_helium_depthwise_2x2_relu, 0, 1
  depthwise tinyrig_helium_depthwise_1x4_1, 1, 0
  depthwise tinyrig_helium_depthwise_1x4_1_relu, 1, 1
  depthwise tinyrig_helium_depthwise_1x4_2, 2, 0
  depthwise tinyrig_helium_depthwise_1x4_2_relu, 2, 1
  depthwise tinyrig_helium_depthwise_1x4_4, 4, 0
  depthwise tinyrig_helium_depthwise_1x4_4_relu, 4, 1
