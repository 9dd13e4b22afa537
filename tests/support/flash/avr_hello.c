// What is flashed into the simulated Arduino Mega 2560: says which build it is, over and over, at 115200 baud.
#include <avr/io.h>
#include <util/delay.h>

static void put(char c) {
  while (!(UCSR0A & _BV(UDRE0))) {
  }
  UDR0 = c;
}

int main(void) {
  UCSR0A = _BV(U2X0);
  UBRR0 = F_CPU / 8 / 115200 - 1;
  UCSR0B = _BV(TXEN0);
  for (;;) {
    for (const char* text = "this is build " BUILD_ID "\n"; *text; ++text) put(*text);
    _delay_ms(20);
  }
}
