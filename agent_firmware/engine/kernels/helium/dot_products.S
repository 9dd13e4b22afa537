// Dot products of int8 vectors, four output channels by three pixels or by one (dot_products.h).
//
// VMLADAVA multiplies two vectors of 16 int8 and adds all products to one general register of even number. Of
// those six are left over, so a block of 2 channels x 3 pixels is summed at a time: per 16 taps of it 5 loads,
// 6 multiplications, 1 loop end: 2 instructions for 16 MACs. Two such blocks, of channels a and c, then b and d,
// make three vectors of the four channels, one for each pixel, which are requantized together: 35 instructions
// for 12 outputs in all. A single pixel (4x1) has 5 loads for 4 multiplications: 2.5 for 16 MACs.
//
// Requantization (packed::Requantization): VQRDMULH is the reference's rounding doubling high multiplication. A
// saturating shift to the left leaves the output in the top byte: it clamps to int8. With output zero point -128
// a negative sum becomes -128 however it rounds, so that the _relu form needs no correction of its sign.
//
// Counts and cycles: the loop end is free on the core, a vector instruction takes two cycles and runs beside a
// load of another; loads and multiplications alternate for that. Narrowing stores write 4 bytes each.
  .syntax unified
  .thumb

// Offsets in DotProducts.
#define SCALES 0
#define WEIGHTS 4
#define OUTPUT 8
#define OUTPUT_END 12
#define CHANNELS 16
#define PIXEL_BYTES 20
#define MORE_STEPS 28
#define COLUMNS 32
#define ACTIVATION_MIN 44

// sums = int8(requantized sums), for vectors of one group of channels; q0 to q3, q7, r0 and r2 are overwritten.
.macro load_scales scales
  vldrw.u32 q0, [\scales]
  vldrw.u32 q1, [\scales, #16]
  vldrw.u32 q2, [\scales, #32]
  vldrw.u32 q3, [\scales, #48]
.endm

.macro scale relu, sums:vararg
  .irp sum, \sums
  vadd.i32 \sum, \sum, q0
  .endr
  .irp sum, \sums
  vqrdmulh.s32 \sum, \sum, q1
  .endr
  .if !\relu
  .irp sum, \sums
  vshr.s32 q7, \sum, #31
  vadd.i32 \sum, \sum, q7
  .endr
  .endif
  .irp sum, \sums
  vadd.i32 \sum, \sum, q2
  .endr
  .irp sum, \sums
  vqshl.s32 \sum, \sum, q3
  .endr
  .irp sum, \sums
  vshr.s32 \sum, \sum, #24
  .endr
  .if !\relu
  ldrd r0, r2, [r12, #ACTIVATION_MIN]
  vdup.32 q0, r0
  vdup.32 q1, r2
  .irp sum, \sums
  vmax.s32 \sum, \sum, q0
  vmin.s32 \sum, \sum, q1
  .endr
  .endif
.endm

// A block of 2 channels x 3 pixels. r9: weights, moved past those read. r1, r3, r5: columns, moved by
// more_steps vectors, and one more with `next`. r11: more_steps.
// Sums of the first channel are in r0, r2, r4, of the second in r6, r8, r10.
.macro sum_2x3 next
  vldrw.u32 q0, [r9], #32
  .if \next
  vldrb.u8 q2, [r1], #16
  .else
  vldrb.u8 q2, [r1]
  .endif
  vmladav.s8 r0, q0, q2
  vldrw.u32 q1, [r9, #-16]
  vmladav.s8 r6, q1, q2
  .if \next
  vldrb.u8 q3, [r3], #16
  .else
  vldrb.u8 q3, [r3]
  .endif
  vmladav.s8 r2, q0, q3
  .if \next
  vldrb.u8 q2, [r5], #16
  .else
  vldrb.u8 q2, [r5]
  .endif
  vmladav.s8 r8, q1, q3
  vmladav.s8 r4, q0, q2
  vmladav.s8 r10, q1, q2
  wls lr, r11, 2f
1:
  vldrw.u32 q0, [r9], #32
  .if \next
  vldrb.u8 q2, [r1], #16
  .else
  vldrb.u8 q2, [r1, #16]!
  .endif
  vmladava.s8 r0, q0, q2
  vldrw.u32 q1, [r9, #-16]
  vmladava.s8 r6, q1, q2
  .if \next
  vldrb.u8 q3, [r3], #16
  .else
  vldrb.u8 q3, [r3, #16]!
  .endif
  vmladava.s8 r2, q0, q3
  .if \next
  vldrb.u8 q2, [r5], #16
  .else
  vldrb.u8 q2, [r5, #16]!
  .endif
  vmladava.s8 r8, q1, q3
  vmladava.s8 r4, q0, q2
  vmladava.s8 r10, q1, q2
  le lr, 1b
2:
.endm

.macro begin name
  .section .text.\name, "ax", %progbits
  .global \name
  .type \name, %function
  .thumb_func
  .balign 4
\name:
  push {r4-r11, lr}
  vpush {d8-d15}
  mov r12, r0
  ldr r11, [r12, #MORE_STEPS]
.endm

.macro end name
  vpop {d8-d15}
  pop {r4-r11, pc}
  .size \name, . - \name
.endm

// The store of a group's channels is predicated on how many of them there are.
.macro dot_4x3 name, relu
  begin \name
3:  // a group of channels
  ldr r0, [r12, #CHANNELS]
  vctp.32 r0
  ldrd r1, r3, [r12, #COLUMNS]
  ldr r5, [r12, #(COLUMNS + 8)]
  ldrd r9, r7, [r12, #WEIGHTS]
4:  // a pixel of each stream
  sum_2x3 0
  vmov q4[2], q4[0], r0, r6
  vmov q5[2], q5[0], r2, r8
  vmov q6[2], q6[0], r4, r10
  sub r1, r1, r11, lsl #4
  sub r3, r3, r11, lsl #4
  sub r5, r5, r11, lsl #4
  sum_2x3 1
  vmov q4[3], q4[1], r0, r6
  vmov q5[3], q5[1], r2, r8
  vmov q6[3], q6[1], r4, r10
  ldr r4, [r12, #SCALES]
  load_scales r4
  scale \relu, q4, q5, q6
  ldrd r6, r4, [r12, #PIXEL_BYTES]
  add r0, r7, r4
  add r2, r0, r4
  vpsttt
  vstrbt.32 q4, [r7]
  vstrbt.32 q5, [r0]
  vstrbt.32 q6, [r2]
  add r7, r7, r6
  ldrd r9, r8, [r12, #WEIGHTS]
  ldr r0, [r12, #OUTPUT_END]
  cmp r7, r0
  bne 4b
  // Past this group's 64 bytes of scales, 64 bytes of weights for each step, 4 channels.
  add r9, r9, r11, lsl #6
  add r9, r9, #64
  add r8, r8, #4
  strd r9, r8, [r12, #WEIGHTS]
  add r0, r0, #4
  str r0, [r12, #OUTPUT_END]
  ldr r0, [r12, #SCALES]
  add r0, r0, #64
  str r0, [r12, #SCALES]
  ldr r0, [r12, #CHANNELS]
  subs r0, r0, #4
  str r0, [r12, #CHANNELS]
  bgt 3b
  end \name
.endm

// r3, r5: weights of channels a and c, b and d. r6: scales, r7: output, r9: channels left.
.macro dot_4x1 name, relu
  begin \name
  ldrd r6, r3, [r12, #SCALES]
  ldr r7, [r12, #OUTPUT]
  ldr r9, [r12, #CHANNELS]
  ldr r1, [r12, #COLUMNS]
3:  // a group of channels
  add r5, r3, r11, lsl #5
  vctp.32 r9
  vldrb.u8 q0, [r1]
  vldrw.u32 q1, [r3], #32
  vmladav.s8 r0, q0, q1
  vldrw.u32 q2, [r3, #-16]
  vmladav.s8 r2, q0, q2
  vldrw.u32 q1, [r5, #32]!
  vmladav.s8 r4, q0, q1
  vldrw.u32 q2, [r5, #16]
  vmladav.s8 r8, q0, q2
  wls lr, r11, 2f
1:
  vldrb.u8 q0, [r1, #16]!
  vldrw.u32 q1, [r3], #32
  vmladava.s8 r0, q0, q1
  vldrw.u32 q2, [r3, #-16]
  vmladava.s8 r2, q0, q2
  vldrw.u32 q1, [r5, #32]!
  vmladava.s8 r4, q0, q1
  vldrw.u32 q2, [r5, #16]
  vmladava.s8 r8, q0, q2
  le lr, 1b
2:
  vmov q4[2], q4[0], r0, r2
  vmov q4[3], q4[1], r4, r8
  add r3, r5, #32
  sub r1, r1, r11, lsl #4
  load_scales r6
  add r6, r6, #64
  scale \relu, q4
  vpst
  vstrbt.32 q4, [r7]
  add r7, r7, #4
  subs r9, r9, #4
  bgt 3b
  end \name
.endm

  dot_4x3 tinyrig_helium_dot_4x3, 0
  dot_4x3 tinyrig_helium_dot_4x3_relu, 1
  dot_4x1 tinyrig_helium_dot_4x1, 0
  dot_4x1 tinyrig_helium_dot_4x1_relu, 1
